"""Arithmetic on pixels: knows Pillow and numpy, no files, no Django, no people."""
