"""Where the demo keeps its state, and what its processes are told."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.demo.processes import PROJECT


@dataclass(frozen=True, slots=True)
class Places:
    """The demo's directory and what lies in it."""

    directory: Path

    @classmethod
    def from_environment(cls) -> Places:
        given = os.environ.get("DEMO_DATA_DIR")
        return cls(Path(given).absolute() if given else PROJECT / ".data" / "demo")

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def events(self) -> Path:
        """What the agent has received, one JSON object a line."""
        return self.directory / "events.jsonl"

    @property
    def beat(self) -> Path:
        return self.directory / "beat"

    def shown(self, name: str = "") -> str:
        """Return a path as a person reads it: from here where it is below, else whole."""
        path = self.directory / name
        here = Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    def make(self) -> None:
        """Create the directories and begin new logs."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.beat.mkdir(exist_ok=True)
        for old in (*self.logs.glob("*.log"), *self.beat.iterdir()):
            old.unlink()
        self.events.unlink(missing_ok=True)

    def kept_stripe_key(self) -> str:
        """Return the sandbox key of this directory, so that its ledger goes on with every run."""
        file = self.directory / "stripe_key"
        if not file.exists():
            file.write_text(f"sk_test_{secrets.token_hex(12)}")
        return file.read_text()


def surroundings(told: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child: ours, what it is told, and quiet logs unless asked otherwise."""
    quiet = {"LOG_LEVEL": "WARNING", "CELERY_LOG_LEVEL": "WARNING", "PYTHONUNBUFFERED": "1"}
    allowed = os.environ.get("WEBHOOK_ALLOWED_PRIVATE_HOSTS", "")
    hosts = ",".join(part for part in (allowed, "127.0.0.1") if part)
    return {
        **quiet,
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "commerce.settings"),
        "WEBHOOK_ALLOWED_PRIVATE_HOSTS": hosts,
        **told,
    }
