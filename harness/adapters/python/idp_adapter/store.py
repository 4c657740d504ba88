"""The folder in which a client keeps its tokens between processes."""

import json
import os
from pathlib import Path
from typing import Any, Optional


class FileStore:
    """JSON files in the folder that all workers of a client share.

    Reading and writing take no lock, on purpose: no library's documentation asks for one, and what comes of that
    is what the harness is to show. A write replaces the whole file, so a process killed half-way leaves the old one.
    """

    def __init__(self, folder: str, worker: str) -> None:
        self._folder = Path(folder)
        self._worker = worker

    def load(self, name: str) -> Optional[dict[str, Any]]:
        """What was last saved as `name`; ``None`` when there is nothing."""
        try:
            return json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def save(self, name: str, value: dict[str, Any]) -> None:
        """Replaces what is saved as `name`. The file is for its owner alone: it holds tokens."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{name}.{self._worker}.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(draft, self._folder / f"{name}.json")
