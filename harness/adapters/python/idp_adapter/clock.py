"""A wall clock that stands still until it is told the time."""

import time
from typing import Callable, Optional


class VirtualClock:
    """Takes the place of ``time.time`` for the whole process.

    The libraries here look the function up at each call (``time.time()``), so replacing it reaches them; that is why
    :func:`idp_adapter.serve` lets the library answer ``clock`` with its own reading. ``time.monotonic`` stays real:
    sockets and their timeouts live by it.
    """

    def __init__(self) -> None:
        self._now = time.time()
        self._sleep = time.sleep
        self._passes: Optional[Callable[[], None]] = None

    def install(self) -> None:
        """Replaces ``time.time`` from here on."""
        time.time = self.read

    def install_sleep(self) -> None:
        """Replaces ``time.sleep`` from here on. Only while the harness lets the time pass, in a ``poll``, is it this clock that is slept by."""
        time.sleep = self.sleep

    def passes_by(self, passes: Optional[Callable[[], None]]) -> None:
        """What to call, as often as it takes, so that the time passes; ``None`` where it stands still."""
        self._passes = passes

    def sleep(self, seconds: float) -> None:
        """Comes back when `seconds` are over."""
        if self._passes is None:
            self._sleep(seconds)
            return
        until = self._now + seconds
        while self._now < until:
            self._passes()

    def set(self, now: float) -> None:
        """Moves the clock to `now`, in seconds since 1970, where it stays."""
        self._now = float(now)

    def read(self) -> float:
        """The time, in seconds since 1970."""
        return self._now
