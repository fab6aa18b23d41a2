#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exports_project.settings")
    if sys.argv[1:2] == ["demo"]:
        # Before the settings load: they refuse to without a secret key, which a newcomer does not have yet.
        from exports_project.demo import environment

        environment.prepare()
    elif sys.argv[1:2] == ["bench_exports"]:
        # It has an environment of its own, so that nobody's settings change its figures.
        from exports_project.benchmark import environment

        environment.prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
