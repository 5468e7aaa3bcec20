"""Parts of a picture joined into things, the surest pair first, as a small network judges that was taught to."""
