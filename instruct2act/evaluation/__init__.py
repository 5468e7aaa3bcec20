"""Many episodes: what one is (spec), what it gave (record), and how they are kept."""
