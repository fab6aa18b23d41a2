"""Where a stream goes."""
