"""Reads requests from stdin, one a line, and answers each on stdout.

One request at a time, in the order in which they come: no library promises that a session may be used from
several threads, so no adapter here declares ``concurrent``.
"""

import json
import os
import sys
import traceback
from typing import Any, BinaryIO, Iterator, Optional, TextIO

from .client import Client, Configuration, Failure
from .clock import VirtualClock
from .words import own_words

PROTOCOL = "1.4"
_BODY_LIMIT = 64 * 1024


def serve(client: Client, clock: VirtualClock) -> int:
    """Answers until ``quit`` or the end of stdin. The exit status for the process."""
    replies = _take_stdout()
    loop = _Loop(client, clock, _requests(sys.stdin.buffer), replies)
    while (op := loop.turn()) is not None and op != "quit":
        pass
    return 0


def _take_stdout() -> TextIO:
    """Keeps stdout for the protocol. Whatever else prints, in Python or below it, goes to stderr."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


def _requests(stdin: BinaryIO) -> Iterator[dict[str, Any]]:
    for line in stdin:
        if line.strip():
            yield json.loads(line)


class _Loop:
    def __init__(self, client: Client, clock: VirtualClock, requests: Iterator[dict[str, Any]], replies: TextIO) -> None:
        self._client = client
        self._clock = clock
        self._requests = requests
        self._replies = replies
        self._configured = False

    def turn(self) -> Optional[str]:
        """Reads one request and answers it. Its operation; ``None`` at the end of stdin."""
        request = next(self._requests, None)
        if request is None:
            return None
        outcome = self.answer(request["command"])
        self._say({"type": "reply", "id": request["id"], "outcome": outcome})
        return request["command"]["op"]

    def _say(self, message: dict[str, Any]) -> None:
        json.dump(message, self._replies)
        self._replies.write("\n")
        self._replies.flush()

    def _let_time_pass(self) -> None:
        """Asks for the next time. Nothing but ``clock`` comes while a ``poll`` waits."""
        self._say({"type": "event", "event": {"kind": "waiting", "on": "clock"}})
        if self.turn() is None:
            raise EOFError("stdin ended while the time was awaited")

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

    def _op_grant(self, command: dict[str, Any]) -> dict[str, Any]:
        grant = command["grant"]
        if grant == "client_credentials":
            self._client.client_credentials()
        elif grant == "password":
            self._client.password(command["user_name"], command["password"])
        elif grant == "on_behalf_of":
            self._client.on_behalf_of(command["assertion"])
        else:
            raise Failure("unsupported", f"unknown grant {grant!r}")
        return {"result": "done"}

    def _op_device(self, _command: dict[str, Any]) -> dict[str, Any]:
        user_code, verification_uri = self._client.device()
        return {"result": "device", "user_code": user_code, "verification_uri": verification_uri}

    def _op_poll(self, _command: dict[str, Any]) -> dict[str, Any]:
        self._clock.passes_by(self._let_time_pass)
        try:
            self._client.poll()
        finally:
            self._clock.passes_by(None)
        return {"result": "done"}

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
