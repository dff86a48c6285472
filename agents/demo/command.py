"""The way through `manage.py demo`: start, buy, sum up, and go on or end with nothing left behind."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agents.demo.agent import Stripe
from agents.demo.facts import Facts, ready_document, write_ready_file
from agents.demo.given import Given, LiveKeyError
from agents.demo.guide import addresses, curl_journey
from agents.demo.places import Places
from agents.demo.ports import NoFreePortError, Reservation, reserve
from agents.demo.processes import ProcessEndedError, Processes, describe
from agents.demo.progress import Progress, StepFailedError
from agents.demo.purchase import Purchase
from agents.demo.signals import Signals, StopRequested
from agents.demo.stack import Stack
from commerce.embedded import EmbeddedServerError

DEFAULT_PORT = 8000
LOOK_EVERY_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
LOOKS_PER_LIST = 10
"""So often the processes are listed anew: servers replace what they forked, and nobody tells us."""


class OccupiedError(RuntimeError):
    """Another demo keeps its state in the same directory."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="of the shop; the next free one if taken")
    parser.add_argument(
        "--catalog", type=Path, metavar="FILE", help="products to sell, instead of the shipped ones"
    )
    parser.add_argument("--web-processes", type=_count, default=2, metavar="N", help="default: %(default)s")
    parser.add_argument("--serve", action="store_true", help="keep everything running until Ctrl-C")
    parser.add_argument(
        "--without-streams", action="store_true", help="serve the shop by WSGI; open chats then ask each second"
    )
    parser.add_argument("--script", action="store_true", help="play a conversation in the shop's chat, too")
    parser.add_argument(
        "--ready-file", type=Path, metavar="PATH", help="write addresses, keys and process ids here"
    )


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number up to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError("give a number from 1 to 64")
    return int(text)


def main(arguments: list[str]) -> int:
    """Run the demo from the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="manage.py demo",
        description="Start the whole shop on this machine and buy something in it, as an agent would.",
        epilog="DEMO_DATA_DIR keeps its state elsewhere than in .data/demo. DATABASE_URL, REDIS_URL and "
        "STRIPE_SECRET_KEY name servers to use instead of embedded ones.",
    )
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Run the demo and return its exit status: 0, or 1 where something failed."""
    progress, signals, places = Progress(), Signals(), Places.from_environment()
    signals.listen()
    try:
        given = Given.from_environment()
        _require_file(options.catalog)
        with reserve(options.port) as web, _alone(places, web):
            return Demo(options, places, given, web, signals, progress).perform()
    except (OccupiedError, LiveKeyError, NoFreePortError, FileNotFoundError) as problem:
        progress.say(str(problem), "bold red")
        return 1
    except StopRequested as request:
        return 128 + request.number


class Demo:
    """One run."""

    def __init__(
        self,
        options: argparse.Namespace,
        places: Places,
        given: Given,
        web: Reservation,
        signals: Signals,
        progress: Progress,
    ) -> None:
        self._options = options
        self._given = given
        self._signals = signals
        self._progress = progress
        self._processes = Processes(places.logs, signals)
        self._stack = Stack(places, given, self._processes, web=web, web_processes=options.web_processes)
        self._stack.streams = not options.without_streams
        self._is_serving = False
        self._written: dict[str, Any] = {}

    def perform(self) -> int:
        """Do it all, and end every process whatever happens."""
        try:
            self._perform()
        except StepFailedError as failed:
            self._progress.failure(failed, self._processes.log(failed.process))
            return 1
        except StopRequested as request:
            return 0 if self._is_serving else 128 + request.number
        finally:
            self._signals.ignore_from_now_on()
            self._end()
        return 0

    def _perform(self) -> None:
        if self._options.ready_file:
            self._options.ready_file.unlink(missing_ok=True)
        self._progress.heading("Starting the shop")
        self._say_port()
        self._start_servers()
        for name in ("web", "worker"):  # they load while the database is prepared
            self._stack.begin(name)
        facts = self._prepare()
        self._start_shop(facts)
        purchase = Purchase(self._stack, facts, self._processes, self._progress)
        self._progress.heading("An agent buys something")
        purchase.make()
        self._progress.heading("What happens afterwards")
        purchase.follow()
        self._progress.table("Bought, paid once, delivered", purchase.rows)
        if self._options.script:
            self._converse(facts)
        self._write_ready_file(facts)
        if self._options.serve:
            self._serve(facts)

    def _say_port(self) -> None:
        port = self._stack.base_url.rpartition(":")[2]
        if int(port) != self._options.port != 0:
            self._progress.notice("Port", f"{self._options.port} is taken, the shop uses {port}")

    def _start_servers(self) -> None:
        """Start what is not given, the slowest alongside the others, and see that the rest answers."""
        stripe = Stripe(self._stack.stripe_api_base, self._stack.stripe_secret_key)
        if self._stack.has_sandbox:
            self._stack.begin("sandbox")
        if self._given.database_url:
            self._check("PostgreSQL", "postgres", self._given.check_postgres, "as DATABASE_URL says")
        else:
            self._start("PostgreSQL", "postgres", f"data in {self._stack.places.shown('postgres')}")
        if self._given.redis_url:
            self._check("Valkey", "valkey", self._given.check_redis, "as REDIS_URL says")
        else:
            self._start("Valkey", "valkey", "carries the nudges between web and worker")
        if self._stack.has_sandbox:
            with self._progress.step("Stripe sandbox", process="sandbox") as step:
                self._stack.await_answer("sandbox")
                own_address = f"{self._stack.base_url}/payments/webhooks/stripe"
                self._stack.stripe_webhook_secret = stripe.send_events_to(own_address)
                step.tell(f"test mode at {self._stack.stripe_api_base}")
        else:
            self._check("Stripe", "sandbox", stripe.check, f"test mode at {self._stack.stripe_api_base}")

    def _check(self, title: str, name: str, check: Callable[[], None], told: str) -> None:
        with self._progress.step(title, process=name) as step:
            check()
            step.tell(told)

    def _start(self, title: str, name: str, told: str) -> None:
        with self._progress.step(title, process=name) as step:
            self._stack.begin(name)
            self._stack.await_answer(name)
            step.tell(told)

    def _prepare(self) -> Facts:
        """Have the database prepared, and return what is known of the shop."""
        arguments = ["-m", "agents.demo.shop", "--webhook-url", self._stack.webhook_url]
        if self._options.catalog:
            arguments += ["--catalog", str(self._options.catalog.absolute())]
        if self._options.serve:
            arguments.append("--with-admin")
        lines = self._processes.lines_of(self._stack.python("shop", *arguments))
        with self._progress.step("Database", process="shop") as step:
            step.tell(f"{_next(lines)['migrations']} migrations are applied")
        with self._progress.step("Catalog", process="shop") as step:
            step.tell("{products} products in {variants} variants".format(**_next(lines)))
        with self._progress.step("Keys", process="shop") as step:
            facts = Facts(**_next(lines))
            for _ in lines:
                pass
            step.tell(f"an agent may buy at {facts.merchant_name}")
        self._stack.webhook_secret = facts.webhook_secret
        return facts

    def _start_shop(self, facts: Facts) -> None:
        for name in ("receiver", "chat", "beat"):
            self._stack.begin(name)
        told = {
            "web": f"{self._options.web_processes} processes at {self._stack.base_url}",
            "worker": "relays events, captures payments, sends webhooks",
            "chat": f"answers shoppers at {self._stack.base_url}/chat/{facts.merchant}",
            "beat": "the clock that finds what was left undone",
            "receiver": f"the agent listens at {self._stack.receiver_url}",
        }
        for name, text in told.items():
            with self._progress.step(name.capitalize(), process=name) as step:
                self._stack.await_answer(name)
                step.tell(text)

    def _converse(self, facts: Facts) -> None:
        """Play a conversation with the shop's assistant, line by line as it happens."""
        self._progress.heading("A shopper buys in the chat")
        wanted = ("--merchant", facts.merchant, "--variant", facts.items["in_stock"][0])
        arguments = ("-m", "agents.demo.conversation", *wanted)
        with self._progress.step("Conversation", process="conversation") as step:
            for told in self._processes.lines_of(self._stack.python("conversation", *arguments)):
                line = json.loads(told)
                self._progress.say(f"{line['who']:>9}  {line['text']}")
            step.tell("what was confirmed with one click is what was charged")

    def _serve(self, facts: Facts) -> None:
        """Show what is where, and keep it running until somebody asks to stop."""
        self._progress.table("Running until Ctrl-C", addresses(self._stack, facts))
        self._progress.heading("A purchase with curl, to copy")
        self._progress.verbatim(curl_journey(self._stack, facts))
        self._is_serving = True
        pause = threading.Event()
        failures = looks = 0
        while True:
            pause.wait(min(LOOK_EVERY_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS))
            looks += 1
            if fallen := self._processes.fallen():
                is_back = self._revive(fallen, facts)
                failures = 0 if is_back else failures + 1
            elif looks % LOOKS_PER_LIST == 0:
                self._write_ready_file(facts)

    def _revive(self, fallen: dict[str, int], facts: Facts) -> bool:
        """Start again what has ended. False where something did not come back."""
        is_back = True
        for name, status in fallen.items():
            self._progress.notice(name, f"{describe(status)}; starting it again")
            try:
                self._stack.begin(name)
                self._stack.await_answer(name)
            except (ProcessEndedError, TimeoutError, EmbeddedServerError) as problem:
                self._progress.notice(name, f"not yet back: {problem}")
                is_back = False
        self._write_ready_file(facts)
        return is_back

    def _write_ready_file(self, facts: Facts) -> None:
        """Write who runs, where that differs from what was written last."""
        document = ready_document(self._stack, facts)
        if self._options.ready_file and document != self._written:
            write_ready_file(self._options.ready_file, document)
            self._written = document

    def _end(self) -> None:
        """End every process, whoever still listens to what is said about it."""
        is_asked = self._signals.received is not None
        with suppress(OSError):  # a closed terminal can be the very reason for the end
            if is_asked:
                self._progress.heading("Stopping")
        self._stack.stop()
        with suppress(OSError):
            if is_asked:
                self._progress.say(f"Everything has ended. The state stays in {self._stack.places.shown()}.")


def _next(lines: Iterator[bytes]) -> dict[str, Any]:
    """Read what the shop's preparation says next. Raises ProcessEndedError where it ended instead."""
    for line in lines:
        return dict(json.loads(line))
    raise ProcessEndedError("shop", 0)


def _require_file(catalog: Path | None) -> None:
    if catalog is not None and not catalog.is_file():
        raise FileNotFoundError(f"There is no product file {catalog}.")


@contextmanager
def _alone(places: Places, web: Reservation) -> Iterator[None]:
    """Keep the demo's directory to one demo. The kernel gives it back, however this process ends."""
    places.directory.mkdir(parents=True, exist_ok=True)
    with (places.directory / "demo.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise OccupiedError(
                f"A demo is running already in {places.shown()}: {lock.read()}.\n"
                "Set DEMO_DATA_DIR to another directory for a second one."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, http://127.0.0.1:{web.port}/")
        lock.flush()
        places.make()
        yield
