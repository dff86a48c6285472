"""The whole shop as real processes, each of which can be killed, paused and started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from agents.demo.agent import Stripe
from agents.demo.facts import Facts
from agents.demo.given import Given
from agents.demo.places import Places
from agents.demo.ports import reserve
from agents.demo.processes import Processes, descendants
from agents.demo.signals import Signals
from agents.demo.stack import Stack

FIRST_PORT = 8300
NAMES = ("postgres", "valkey", "sandbox", "receiver", "web", "worker", "chat", "beat")


class World:
    """A shop in a directory of its own. Only the main thread starts, breaks and stops it.

    `environment` is told to every process of the shop, over what the surroundings say. Paused processes count as
    running; what was killed stays dead until `revive`, as under a supervisor that takes its time.
    """

    facts: Facts

    def __init__(
        self,
        directory: Path,
        *,
        environment: Mapping[str, str] | None = None,
        signals: Signals | None = None,
        web_processes: int = 2,
    ) -> None:
        self.places = Places(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(self.places.logs, signals or Signals())
        self._web = reserve(FIRST_PORT)
        nothing = Given("", "", "", "")
        self.stack = Stack(self.places, nothing, self.processes, web=self._web, web_processes=web_processes)
        self._environment = dict(environment or {})
        self.tell({})

    def start(self, *, without: tuple[str, ...] = ()) -> None:
        """Start everything and prepare the shop. Raises ProcessEndedError, TimeoutError."""
        self.places.make()
        stack = self.stack
        self._begin("sandbox", "postgres", "valkey")
        stripe = Stripe(stack.stripe_api_base, stack.stripe_secret_key)
        stack.stripe_webhook_secret = stripe.send_events_to(f"{stack.base_url}/payments/webhooks/stripe")
        arguments = ("-m", "agents.demo.shop", "--webhook-url", stack.webhook_url)
        *_, told = self.processes.lines_of(stack.python("shop", *arguments))
        self.facts = Facts(**json.loads(told))
        stack.webhook_secret = self.facts.webhook_secret
        self._begin(*(one for one in ("receiver", "web", "worker", "chat", "beat") if one not in without))

    def tell(self, environment: Mapping[str, str]) -> None:
        """Have processes that start from now on told this, too, in place of what they were told last."""
        self.stack.also = {**self._environment, **environment}

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a process; with SIGKILL all that it started dies with it."""
        pids = self.processes.ids(name)
        for pid in pids if number == signal.SIGKILL else pids[:1]:
            _send(pid, number)

    def kill_child(self, name: str, choice: int = 0) -> bool:
        """Kill one of the processes a process has forked, and leave it to replace it. False where it has none."""
        roots = self.processes.ids(name)[:1]
        children = [pid for root in roots for pid in descendants(root)]
        if children:
            _send(children[choice % len(children)], signal.SIGKILL)
        return bool(children)

    def pause(self, name: str) -> None:
        """Have a process hang, with all that it started."""
        for pid in self.processes.ids(name):
            _send(pid, signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """End a pause."""
        for pid in self.processes.ids(name):
            _send(pid, signal.SIGCONT)

    def revive(self) -> list[str]:
        """Start again what has ended, and wait until it answers. Returns what that was."""
        fallen = [name for name in NAMES if name in self.processes.fallen()]
        self._begin(*fallen)
        return fallen

    def restart(self, *names: str) -> None:
        """End processes as a deployment does, and start them again."""
        self.processes.stop(names)
        self._begin(*names)

    def stop(self, *, keep: bool = True) -> None:
        """End everything. The directory stays unless told otherwise."""
        for name in NAMES:
            self.go_on(name)
        self.stack.stop()
        self._web.__exit__()
        if not keep:
            shutil.rmtree(self.places.directory, ignore_errors=True)

    def _begin(self, *names: str) -> None:
        for name in names:
            self.stack.begin(name)
        for name in names:
            self.stack.await_answer(name)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
