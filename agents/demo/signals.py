"""Ctrl-C, SIGTERM and a closed terminal as one exception, raised where it can do no harm."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequested(BaseException):
    """Somebody wants the demo to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Signals:
    """Raises StopRequested once, at once or at the end of a `held` block."""

    def __init__(self) -> None:
        self.received: int | None = None
        self.is_urgent = False
        self._held = 0
        self._is_raised = False

    def listen(self) -> None:
        """Take over the signals. A hangup that is ignored already (nohup) stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue
            signal.signal(number, self._note)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing interrupt a block, such as between starting a process and remembering it."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self._raise_if_due()

    def ignore_from_now_on(self) -> None:
        """Note what still comes, and raise nothing any more: the end has begun."""
        self._is_raised = True

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.is_urgent = self.received is not None
        self.received = self.received or number
        self._raise_if_due()

    def _raise_if_due(self) -> None:
        if self.received is not None and not self._held and not self._is_raised:
            self._is_raised = True
            raise StopRequested(self.received)
