"""What colours tell: outlines, what was missed, what is one thing and what several."""
