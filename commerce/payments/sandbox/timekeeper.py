"""Let time pass: every second for everybody, and as far as a test asks for one account."""

import logging
import sqlite3
import threading

from commerce.payments.sandbox import clock, timers
from commerce.payments.sandbox.accounts import Accounts
from commerce.payments.sandbox.steps import run_due
from commerce.payments.sandbox.store import Store

logger = logging.getLogger(__name__)

TICK = 1.0


class Timekeeper:
    """The background thread that takes the steps that have come due."""

    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    def start(self) -> None:
        """Catch up with what came due while no process ran, then keep up."""
        self._catch_up()
        threading.Thread(target=self._run, name="timekeeper", daemon=True).start()

    def _run(self) -> None:
        never = threading.Event()
        while True:
            never.wait(TICK)
            try:
                self._catch_up()
            except sqlite3.OperationalError:
                logger.exception("the steps that are due could not be taken")

    def _catch_up(self) -> None:
        with self._store.reading() as connection:
            due = timers.accounts_due(connection, self._accounts.real_now())
        for account_id in due:
            self.advance(account_id, 0)

    def stop(self, account_id: str) -> None:
        """Let time pass for an account only when its clock is advanced."""
        with self._accounts.writing(account_id) as account:
            clock.stop(account.connection, account_id, self._accounts.real_now())

    def advance(self, account_id: str, seconds: int) -> list[timers.Timer]:
        """Move an account's clock ahead and return the steps taken on the way, each at its own time.

        One transaction: a process killed meanwhile has either let all of that time pass or none.
        """
        with self._accounts.writing(account_id) as account:
            if seconds:
                clock.move_ahead(account.connection, account_id, seconds)
            return run_due(account, account.now + seconds)
