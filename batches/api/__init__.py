"""The REST calls on batches, their files, the review and the receipt."""
