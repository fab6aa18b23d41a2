"""What staff sees of how exports are used, with pictures."""
