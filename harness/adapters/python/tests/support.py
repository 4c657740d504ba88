"""A provider on the loopback interface that says what a test wants, and an adapter at the other end of two pipes."""

import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional
from urllib.parse import parse_qs, urlsplit

FOLDER = Path(__file__).resolve().parent.parent
EXAMPLE = FOLDER.parent / "example"
REDIRECT_URI = "https://app.example/callback"
START = 1_636_941_600.0  # 2021-11-15T02:00:00Z
_DEADLINE = 60.0  # seconds for one reply; far above what is needed, so that only a stuck adapter meets it


def tokens(number: int, **changes: Any) -> tuple[int, str]:
    """A token answer in Exact Online's shape: `expires_in` is a string. A change to ``None`` leaves a field out."""
    fields = {"access_token": f"at{number}", "token_type": "bearer", "expires_in": "600"}
    fields |= {"refresh_token": f"Rt{number}!x"} | changes
    return 200, json.dumps({key: value for key, value in fields.items() if value is not None})


def refusal(status: int, error: str, description: str = "no") -> tuple[int, str]:
    """An OAuth error answer."""
    return status, json.dumps({"error": error, "error_description": description})


class Provider:
    """Answers the token endpoint from `token_answers`, in order, and the resource with 200 (or `resource_status`).

    A token answer is (status, body) or (status, body, headers); ``None`` closes the connection without one.
    """

    def __init__(self, tls: Optional[ssl.SSLContext] = None) -> None:
        self.token_answers: list[Any] = []
        self.resource_status = 200
        self.resource_body: Optional[str] = None
        self.resource_headers: dict[str, str] = {}
        self.token_requests: list[dict[str, Any]] = []
        self.resource_requests: list[dict[str, Any]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                seen = {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": body,
                    "form": {key: values for key, values in parse_qs(body, keep_blank_values=True).items()},
                }
                provider._answer(self, seen)

            do_GET = do_POST = do_PUT = _handle

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is None:
            self.url = f"http://127.0.0.1:{self._server.server_port}"
        else:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _answer(self, handler: BaseHTTPRequestHandler, seen: dict[str, Any]) -> None:
        if urlsplit(seen["path"]).path.startswith("/token"):
            self.token_requests.append(seen)
            answer = self.token_answers.pop(0) if self.token_answers else (500, "no answer was scripted")
        else:
            self.resource_requests.append(seen)
            answer = (self.resource_status, self.resource_body or json.dumps({"path": seen["path"]}), self.resource_headers)
        if answer is None:
            handler.close_connection = True
            return
        status, body, *headers = answer
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers[0] if headers else {})}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Adapter:
    """An adapter's process. Every reply is read under a deadline: a stuck adapter is killed and the test fails."""

    def __init__(self, script: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | environment,
        )
        self._next_id = 1
        self.events: list[dict[str, Any]] = []

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Sends one request; the outcome of its reply."""
        self.send(op, **fields)
        return self.receive()

    def send(self, op: str, **fields: Any) -> None:
        self.send_line(json.dumps({"id": self._next_id, "command": {"op": op, **fields}}).encode())
        self._next_id += 1

    def send_line(self, line: bytes) -> None:
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """The outcome of the next reply, which must belong to the request sent last. Events are kept aside."""
        while True:
            message = self.read_message()
            if message["type"] == "event":
                self.events.append(message["event"])
                continue
            assert set(message) == {"type", "id", "outcome"}, message
            assert message["id"] == self._next_id - 1, message
            return message["outcome"]

    def read_message(self) -> dict[str, Any]:
        watchdog = threading.Timer(_DEADLINE, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line:
            raise AssertionError("the adapter left: " + self._process.stderr.read().decode())
        return json.loads(line)

    def close_stdin(self) -> None:
        self._process.stdin.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(_DEADLINE)

    def leave(self) -> tuple[int, str]:
        """Waits for the process to end; its exit status and what it wrote to stderr."""
        status = self._process.wait(_DEADLINE)
        return status, self._process.stderr.read().decode()

    def close(self) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:  # what was left to write has no reader any more
                pass


class AdapterCase(unittest.TestCase):
    """A provider, a token store, and adapters that are configured to use them."""

    script: Path
    environment: dict[str, str] = {"NO_PROXY": "*", "no_proxy": "*"}

    def setUp(self) -> None:
        self.provider = self.make_provider()
        self.addCleanup(self.provider.close)
        storage = tempfile.TemporaryDirectory()
        self.addCleanup(storage.cleanup)
        self.storage = Path(storage.name)

    def make_provider(self) -> Provider:
        return Provider()

    def start(self) -> Adapter:
        adapter = Adapter(self.script, self.environment)
        self.addCleanup(adapter.close)
        return adapter

    def configuration(self, worker: str = "a", now: float = START, **client: Any) -> dict[str, Any]:
        registration = {
            "id": "{c1}",
            "secret": "s3cret",
            "authentication": "client_secret_post",
            "redirect_uri": REDIRECT_URI,
        } | client
        return {
            "worker": worker,
            "endpoints": {"authorization": f"{self.provider.url}/auth", "token": f"{self.provider.url}/token"},
            "client": {key: value for key, value in registration.items() if value is not None},
            "storage": str(self.storage),
            "now": now,
            "documented": {"refresh_interval": 570},
        }

    def started(self, worker: str = "a", now: float = START, **client: Any) -> Adapter:
        """An adapter after `hello` and `configure`."""
        adapter = self.start()
        self.assertEqual(adapter.ask("hello", protocol="1.0")["result"], "hello")
        self.assertEqual(adapter.ask("configure", **self.configuration(worker, now, **client)), {"result": "done"})
        return adapter

    def authorize(self, adapter: Adapter) -> dict[str, str]:
        """The parameters of an authorization request."""
        outcome = adapter.ask("authorize")
        self.assertEqual(outcome["result"], "authorize", outcome)
        return {key: values[0] for key, values in parse_qs(urlsplit(outcome["url"]).query).items()}

    def logged_in(self, worker: str = "a", first: Optional[Any] = None, **client: Any) -> Adapter:
        """An adapter that has redeemed a code. Token requests up to here are forgotten."""
        adapter = self.started(worker, **client)
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(first or tokens(1))
        self.assertEqual(adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state={state}"), {"result": "done"})
        self.provider.token_requests.clear()
        return adapter

    def move(self, adapter: Adapter, seconds: float) -> None:
        """Moves the adapter's clock to `seconds` after the start."""
        self.assertEqual(adapter.ask("clock", now=START + seconds), {"result": "clock", "now": START + seconds})

    def call(self, adapter: Adapter, **fields: Any) -> dict[str, Any]:
        return adapter.ask("call", method="GET", url=f"{self.provider.url}/api/me", **fields)

    def last_bearer(self) -> Optional[str]:
        return self.provider.resource_requests[-1]["headers"].get("authorization")

    def stored(self) -> dict[str, Any]:
        return json.loads((self.storage / "token.json").read_text(encoding="utf-8"))
