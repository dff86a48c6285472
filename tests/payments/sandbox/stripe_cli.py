"""Stripe's own command line: the one that is there, or the pinned one from npm."""

import os
import shutil
import subprocess
from pathlib import Path

VERSION = "1.52.0"
PACKAGE = f"@stripe/cli@{VERSION}"
INSTALL_SECONDS = 240


class NotInstalledError(RuntimeError):
    """There is no CLI, and it could not be installed; says why."""


def find_or_install(cache: Path) -> Path:
    """Return the program: `STRIPE_CLI`, that on PATH, or the one in a cache directory, installed when it is not there.

    Raises NotInstalledError.
    """
    if given := os.environ.get("STRIPE_CLI") or shutil.which("stripe"):
        return Path(given)
    directory = cache / VERSION
    return _program(directory) or _install(directory)


def _program(directory: Path) -> Path | None:
    return next(iter(sorted(directory.glob("node_modules/@stripe/cli-*/bin/stripe*"))), None)


def _install(directory: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalledError("there is no npm; pip install -e '.[npm]' brings one")
    quiet = ("--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error")
    patience = ("--fetch-retries=1", "--fetch-timeout=30000")
    command = [npm, "install", "--prefix", str(directory), *quiet, *patience, PACKAGE]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotInstalledError(f"npm did not install {PACKAGE} within {INSTALL_SECONDS} s") from None
    program = _program(directory)
    if ran.returncode != 0 or program is None:
        said = next((line for line in ran.stderr.splitlines() if line.strip()), f"npm ended with {ran.returncode}")
        raise NotInstalledError(f"npm could not install {PACKAGE}: {said}")
    return program
