"""Who may export, how often and how much."""
