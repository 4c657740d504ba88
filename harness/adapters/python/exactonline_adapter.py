"""exactonline (EORALP) behind the adapter protocol, configured for production.

Written as its README tells an application to be written: a storage of one's own on top of ``ExactOnlineConfig``,
``create_auth_request_url``, a view that hands the code to ``request_token``, and ``rest`` for everything else, which
refreshes when it sees fit. Nothing is repaired here; what the library does not do, this program does not do.
"""

import http.client
import importlib.metadata
import json
import socket
import sys
from typing import Any, Optional
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit

from idp_adapter import Client, Configuration, Failure, FileStore, VirtualClock, own_words, root_words, serve

# The library binds `time` by name when it is imported, so the clock has to be in place before that.
clock = VirtualClock()
clock.install()

import exactonline.api.autorefresh
from exactonline.api import ExactApi
from exactonline.http import HTTPError
from exactonline.rawapi import RateLimiter
from exactonline.resource import DELETE, GET, POST, PUT
from exactonline.storage.base import ExactOnlineConfig, MissingSetting

# Seconds. The library waits for ever by default; a program in production does not.
_TIMEOUT = 20

_REQUESTS = {"DELETE": DELETE, "GET": GET, "POST": POST, "PUT": PUT}


class Throttled(Exception):
    """The library would wait until the provider's limit is lifted."""


class ImpatientLimiter(RateLimiter):
    """What an application overrides that cannot have its thread sleep until midnight; the library says where to."""

    def wait(self, seconds: int) -> None:
        raise Throttled(f"the library would sleep for {seconds} seconds")


class Api(ExactApi):
    def get_ratelimiter(self) -> RateLimiter:
        return ImpatientLimiter()


class SharedStorage(ExactOnlineConfig):
    """A storage for several processes, of the kind that the README asks for: every read and write goes to the file."""

    def __init__(self, configuration: Configuration) -> None:
        server = "{0.scheme}://{0.netloc}".format(urlsplit(configuration.token_endpoint))
        self._settings = {
            "server.auth_url": configuration.authorization_endpoint,
            "server.token_url": configuration.token_endpoint,
            "server.rest_url": f"{server}/api",
            "application.client_id": configuration.client_id,
            "application.client_secret": configuration.client_secret or "",
        }
        self._redirect_uri = configuration.redirect_uri
        self._store = FileStore(configuration.storage, configuration.worker)

    def get(self, section: str, option: str) -> str:
        name = f"{section}.{option}"
        values = self._settings | (self._store.load("token") or {})
        if name not in values:
            raise MissingSetting(option, section)
        return values[name]

    def set(self, section: str, option: str, value: str) -> None:
        self._store.save("token", (self._store.load("token") or {}) | {f"{section}.{option}": value})

    def get_response_url(self) -> str:
        return self._redirect_uri


class ExactOnline(Client):
    """One web application with a token store, in one process."""

    def hello(self) -> dict[str, Any]:
        return {
            "adapter": {"name": "exactonline", "version": "1.0.0"},
            "library": {
                "name": "exactonline (EORALP)",
                "version": importlib.metadata.version("exactonline"),
                "language": "Python",
                "issues": "https://github.com/ossobv/exactonline/issues",
            },
            "capabilities": ["authorization_code", "call", "pages", "refresh", "shared_store", "clock"],
        }

    def configure(self, configuration: Configuration) -> None:
        self._storage = SharedStorage(configuration)
        self._api = Api(storage=self._storage)

    def authorize(self) -> str:
        return self._api.create_auth_request_url()

    def callback(self, url: str) -> None:
        answer = parse_qs(urlsplit(url).query)
        if "code" not in answer:
            # What the application's view finds; the library is never asked.
            raise Failure("oauth", "there is no code in the answer", answer.get("error", [None])[0])
        self._api.request_token(answer["code"][0])

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        if method not in _REQUESTS or any(name.lower() != "content-type" for name in headers):
            raise Failure("unsupported", f"no way to send {method} with these header fields")
        resource = url.removeprefix(self._storage.get_rest_url() + "/")
        request = _REQUESTS[method](resource) if body is None else _REQUESTS[method](resource, body)
        try:
            return 200, json.dumps(self._api.rest(request)).encode("utf-8")
        except HTTPError as error:
            return self._answer(error)
        except Throttled as error:
            # After a 429 the library waits and tries once more; before that, it has an answer.
            if isinstance(error.__context__, HTTPError):
                return self._answer(error.__context__)
            raise

    def collection(self, url: str) -> tuple[int, int]:
        status, body = self.call("GET", url, {}, None)
        return status, len(json.loads(body)) if status == 200 else 0

    def _answer(self, error: HTTPError) -> tuple[int, bytes]:
        """What a resource answered. A refusal of the token endpoint is none."""
        if error.url == self._storage.get_token_url():
            raise error
        return error.code, error.response

    def refresh(self) -> None:
        self._api.refresh_token()

    def now(self) -> float:
        return exactonline.api.autorefresh.time()

    def explain(self, error: Exception) -> Optional[Failure]:
        if isinstance(error, Throttled):
            return Failure("throttled", str(error))
        if isinstance(error, MissingSetting):
            return Failure("reauthorize", own_words(error))
        if isinstance(error, HTTPError):
            # Without the exception's own text, which is the whole request and the whole answer.
            words = f"HTTPError: {error.code} {error.msg}"
            return Failure("network", words) if error.code >= 500 else Failure("oauth", words, _code(error.response))
        if isinstance(error, (URLError, http.client.HTTPException, OSError)):
            return Failure("network", root_words(error))
        if isinstance(error, json.JSONDecodeError):
            # Of a token answer: that of a resource becomes a plain ValueError. Nothing was stored.
            return Failure("network", own_words(error))
        return None


def _code(body: bytes) -> Optional[str]:
    """``error`` of an OAuth error response."""
    try:
        return json.loads(body).get("error")
    except (ValueError, AttributeError):
        return None


if __name__ == "__main__":
    socket.setdefaulttimeout(_TIMEOUT)
    sys.exit(serve(ExactOnline(), clock))
