"""What was taken out: the list, one record in full, and beside the run before it."""
