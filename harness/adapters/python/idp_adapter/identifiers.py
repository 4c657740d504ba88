"""Identifiers of requests that are the same on every run, so that two conversations can be compared."""

import random
import uuid

_drawn = random.Random()


def install_identifiers() -> None:
    """Replaces ``uuid.uuid1`` and ``uuid.uuid4`` for the whole process, before anybody binds them by name."""
    uuid.uuid1 = lambda node=None, clock_seq=None: _draw()
    uuid.uuid4 = _draw


def seed_identifiers(worker: str) -> None:
    """Begins anew. Each worker has its own identifiers."""
    _drawn.seed(worker)


def _draw() -> uuid.UUID:
    return uuid.UUID(int=_drawn.getrandbits(128), version=4)
