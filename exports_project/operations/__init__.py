"""What those who run the service need: probes, metrics, logs and an orderly end (docs/operations.md)."""
