"""Which pixels belong together: a small network's affinities, and the regions that they make of a picture."""
