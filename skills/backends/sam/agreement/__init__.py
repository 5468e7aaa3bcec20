"""Masks by colour and solids by depth made one account of a picture."""
