#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")
    # Reading the settings would start servers of its own; these start their servers before the eyes of all.
    if sys.argv[1:2] == ["demo"]:
        from agents.demo import command as demo

        sys.exit(demo.main(sys.argv[2:]))
    if sys.argv[1:2] == ["soak"]:
        from agents.soak import command as soak

        sys.exit(soak.main(sys.argv[2:]))
    execute_from_command_line(sys.argv)
