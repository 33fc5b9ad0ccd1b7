"""The pages of the directory, and of how a clinic matches files with it."""
