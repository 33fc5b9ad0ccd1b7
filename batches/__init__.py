"""The road itself: batches of files, from the first byte to the chart or the review queue."""
