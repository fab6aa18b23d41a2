"""The command door: `manage.py export`, and `verify_export` for the files of every door."""
