#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")
    if sys.argv[1:2] == ["demo"]:
        # Reading the settings would start servers of its own; the demo starts its servers before the eyes of all.
        from agents.demo.command import main

        sys.exit(main(sys.argv[2:]))
    execute_from_command_line(sys.argv)
