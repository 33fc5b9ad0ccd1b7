"""The road of a roster: read, compared with the directory, applied in one transaction, and taken back."""
