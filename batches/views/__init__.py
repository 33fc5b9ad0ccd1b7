"""The pages of the road: batches, review, receipts, and those that show what it brought to a chart."""
