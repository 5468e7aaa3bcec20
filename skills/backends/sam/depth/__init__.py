"""What depth tells of the things in a picture, before colours are asked: solids, their tops and their sides."""
