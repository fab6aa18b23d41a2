"""An app of the servers under test, with one dataset whose rows a test can stop (tests/faults/plans.py)."""
