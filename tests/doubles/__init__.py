"""Stand-ins for what lies outside of this machine. What they say was written by hand, and counts in no figure."""
