"""What somebody would try who means harm: every address, every method, every object of another tenant."""
