"""The adapter protocol for Python: what every adapter in this folder shares.

Owns the line loop, the clock that is handed to the library, and the file in which a client keeps its tokens. Never
touches OAuth: what a client does is the library's business, and the adapter only passes it on.
"""

from .clock import VirtualClock
from .client import Client, Configuration, Failure
from .identifiers import install_identifiers, seed_identifiers
from .loop import serve
from .store import FileStore
from .words import own_words, root_words, steady_words

__all__ = [
    "Client",
    "Configuration",
    "Failure",
    "FileStore",
    "VirtualClock",
    "install_identifiers",
    "own_words",
    "root_words",
    "seed_identifiers",
    "serve",
    "steady_words",
]
