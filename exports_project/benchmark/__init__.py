"""What the command `bench_exports` is made of: rows, contenders, measurements, and what is told of them.

An app of the command's own settings alone (`exports_project.benchmark.settings`); the service has none of it.
"""
