"""Background jobs: exports that a worker makes into files, and what their users may do with them."""
