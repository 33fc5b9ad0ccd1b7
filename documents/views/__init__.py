"""Pages about documents that need no batch: their list, and the clinic's kinds of document."""
