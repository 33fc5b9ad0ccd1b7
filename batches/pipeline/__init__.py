"""What the worker does with one file, from its bytes to its place."""
