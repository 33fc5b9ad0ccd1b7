"""Compares what a file says with the directory and decides; free of Django, so that it can be tested and
read alone.
"""
