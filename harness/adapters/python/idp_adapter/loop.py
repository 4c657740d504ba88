"""Reads requests from stdin, one a line, and answers each on stdout.

One request at a time, in the order in which they come: no library promises that a session may be used from
several threads, so no adapter here declares ``concurrent``.
"""

import json
import os
import sys
import traceback
from typing import Any, BinaryIO, Optional, TextIO

from .client import Client, Configuration, Failure
from .clock import VirtualClock
from .words import own_words

PROTOCOL = "1.2"
_BODY_LIMIT = 64 * 1024


def serve(client: Client, clock: VirtualClock) -> int:
    """Answers until ``quit`` or the end of stdin. The exit status for the process."""
    replies = _take_stdout()
    loop = _Loop(client, clock)
    for request in _requests(sys.stdin.buffer):
        outcome = loop.answer(request["command"])
        json.dump({"type": "reply", "id": request["id"], "outcome": outcome}, replies)
        replies.write("\n")
        replies.flush()
        if request["command"]["op"] == "quit":
            break
    return 0


def _take_stdout() -> TextIO:
    """Keeps stdout for the protocol. Whatever else prints, in Python or below it, goes to stderr."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


def _requests(stdin: BinaryIO):
    for line in stdin:
        if line.strip():
            yield json.loads(line)


class _Loop:
    def __init__(self, client: Client, clock: VirtualClock) -> None:
        self._client = client
        self._clock = clock
        self._configured = False

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """The outcome of one command; never raises."""
        operation = getattr(self, f"_op_{command['op']}", None)
        try:
            if operation is None:
                raise Failure("unsupported", f"unknown operation {command['op']!r}")
            if not self._configured and command["op"] not in ("hello", "configure", "quit"):
                raise Failure("bug", "not configured yet")
            return operation(command)
        except Failure as failure:
            return _error(failure)
        except Exception as error:  # the library may raise anything; what it does not document is its bug
            failure = self._client.explain(error)
            if failure is None:
                traceback.print_exc(file=sys.stderr)
                failure = Failure("bug", own_words(error))
            return _error(failure)

    def _op_hello(self, _command: dict[str, Any]) -> dict[str, Any]:
        return {"result": "hello", "protocol": PROTOCOL, **self._client.hello(), "clock": "inject"}

    def _op_configure(self, command: dict[str, Any]) -> dict[str, Any]:
        configuration = Configuration.of(command)
        self._clock.set(configuration.now)
        self._client.configure(configuration)
        self._configured = True
        return {"result": "done"}

    def _op_authorize(self, _command: dict[str, Any]) -> dict[str, Any]:
        return {"result": "authorize", "url": self._client.authorize()}

    def _op_callback(self, command: dict[str, Any]) -> dict[str, Any]:
        subject = self._client.callback(command["url"])
        return {"result": "done"} if subject is None else {"result": "signed_in", "subject": subject}

    def _op_call(self, command: dict[str, Any]) -> dict[str, Any]:
        if command.get("all_pages"):
            status, rows = self._client.collection(command["url"])
            return {"result": "call", "status": status, "rows": rows}
        status, body = self._client.call(
            command["method"], command["url"], command.get("headers") or {}, command.get("body")
        )
        text = _text(body)
        return {"result": "call", "status": status} | ({} if text is None else {"body": text})

    def _op_refresh(self, _command: dict[str, Any]) -> dict[str, Any]:
        self._client.refresh()
        return {"result": "done"}

    def _op_token(self, _command: dict[str, Any]) -> dict[str, Any]:
        ends = self._client.token()
        return {"result": "token"} | ({} if ends is None else {"expires_at": ends})

    def _op_clock(self, command: dict[str, Any]) -> dict[str, Any]:
        self._clock.set(command["now"])
        return {"result": "clock", "now": self._client.now()}

    def _op_quit(self, _command: dict[str, Any]) -> dict[str, Any]:
        return {"result": "done"}


def _error(failure: Failure) -> dict[str, Any]:
    outcome = {"result": "error", "kind": failure.kind, "message": failure.message}
    # What a library hands on as `error` may be an object, where the answer was no OAuth error (RFC 6749 section 5.2) but looked like one.
    return outcome | {"code": failure.code} if isinstance(failure.code, str) else outcome


def _text(body: bytes) -> Optional[str]:
    """The body when it is text of at most 64 KiB, as the protocol wants it."""
    if len(body) > _BODY_LIMIT:
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
