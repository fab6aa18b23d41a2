"""The page of a dataset: which rows and columns, what they look like, and what becomes of the choice."""
