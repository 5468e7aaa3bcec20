"""Parts of a picture joined into things, the surest pair first, as small networks judge that were taught to."""
