"""Jobs: the list, one to be watched, and what is done with it."""
