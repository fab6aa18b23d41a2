"""What the commands `demo` and `seed_demo` are made of: invented rows, accounts, and a server."""
