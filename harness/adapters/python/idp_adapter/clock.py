"""A wall clock that stands still until it is told the time."""

import time


class VirtualClock:
    """Takes the place of ``time.time`` for the whole process.

    The libraries here look the function up at each call (``time.time()``), so replacing it reaches them; that is why
    :func:`idp_adapter.serve` lets the library answer ``clock`` with its own reading. ``time.monotonic`` stays real:
    sockets and their timeouts live by it.
    """

    def __init__(self) -> None:
        self._now = time.time()

    def install(self) -> None:
        """Replaces ``time.time`` from here on."""
        time.time = self.read

    def set(self, now: float) -> None:
        """Moves the clock to `now`, in seconds since 1970, where it stays."""
        self._now = float(now)

    def read(self) -> float:
        """The time, in seconds since 1970."""
        return self._now
