"""exact-online-sdk behind the adapter protocol, configured for production.

Written as its README tells an application to be written: ``Settings`` with an encryption key and a token path,
``ExactOnlineAuth`` for the sign-in, ``ExactOnlineClient`` for everything else, which refreshes when it sees fit.
Nothing is repaired here; what the library does not do, this program does not do.
"""

import base64
import datetime
import importlib.metadata
import json
import os
import secrets
import sys
from typing import Any, Optional
from urllib.parse import parse_qs, urlsplit

import exact_online_sdk.auth
import httpx
from exact_online_sdk import ExactOnlineClient, Settings
from exact_online_sdk.auth import ExactOnlineAuth
from exact_online_sdk.exceptions import APIError, AuthenticationError, RateLimitError

from idp_adapter import Client, Configuration, Failure, FileStore, VirtualClock, root_words, serve

_API = "/api/v1/"


class VirtualDatetime(datetime.datetime):
    """``datetime`` with the clock of the adapter; `clock` is set below, before the first request."""

    clock: VirtualClock

    @classmethod
    def now(cls, tz: Optional[datetime.tzinfo] = None) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(cls.clock.read(), tz)


class ExactOnlineSdk(Client):
    """One web application with a token store, in one process."""

    def hello(self) -> dict[str, Any]:
        return {
            "adapter": {"name": "exact-online-sdk", "version": "1.0.0"},
            "library": {
                "name": "exact-online-sdk",
                "version": importlib.metadata.version("exact-online-sdk"),
                "language": "Python",
                "issues": "https://github.com/carlospaiva/exact-online-sdk/issues",
            },
            "capabilities": ["authorization_code", "call", "pages", "refresh", "token", "shared_store", "clock"],
        }

    def configure(self, configuration: Configuration) -> None:
        server = "{0.scheme}://{0.netloc}".format(urlsplit(configuration.token_endpoint))
        settings = Settings(
            client_id=configuration.client_id,
            client_secret=configuration.client_secret or "",
            redirect_uri=configuration.redirect_uri,
            base_url=server,
            auth_url=configuration.authorization_endpoint,
            token_url=configuration.token_endpoint,
            # What a deployment keeps among its secrets: the same for all processes.
            encryption_key=base64.urlsafe_b64encode(b"the key of one test deployment..").decode("ascii"),
            token_path=os.path.join(configuration.storage, "token.json.enc"),
        )
        self._scope = configuration.scope
        self._server = server
        self._store = FileStore(configuration.storage, configuration.worker)
        self._auth = ExactOnlineAuth(settings)
        self._client = ExactOnlineClient(settings, auth=self._auth)

    def authorize(self) -> str:
        # The library takes the "CSRF token" from the application and never sees it again.
        state = secrets.token_urlsafe(24)
        self._store.save("login", {"state": state})
        return self._auth.get_authorization_url(state, self._scope)

    def callback(self, url: str) -> None:
        answer = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        login = self._store.load("login")
        if login is None or answer.get("state") != login["state"]:
            raise Failure("oauth", "the application does not know this state", "state_mismatch")
        if "code" not in answer:
            raise Failure("oauth", "there is no code in the answer", answer.get("error"))
        self._auth.exchange_code_for_token(answer["code"])

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        path = url.removeprefix(self._server)
        if not path.startswith(_API) or any(name.lower() != "content-type" for name in headers):
            raise Failure("unsupported", "only resources below /api/v1/, without header fields")
        send = getattr(self._client, method.lower(), None)
        if method not in ("GET", "POST", "PUT", "DELETE") or send is None:
            raise Failure("unsupported", f"no way to send {method}")
        data = {} if body is None else {"json": json.loads(body)}
        try:
            return 200, json.dumps(send(path.removeprefix(_API), **data)).encode("utf-8")
        except RateLimitError as error:
            return 429, str(error).encode("utf-8")
        except APIError as error:
            if error.status_code == 0:
                raise
            return error.status_code, str(error).encode("utf-8")

    def collection(self, url: str) -> tuple[int, int]:
        path = url.removeprefix(self._server).removeprefix(_API)
        try:
            return 200, sum(len(page) for page in self._client.iter_pages(path))
        except APIError as error:
            if error.status_code == 0:
                raise
            return error.status_code, 0

    def refresh(self) -> None:
        self._auth.refresh_token()

    def token(self) -> Optional[float]:
        self._auth.get_access_token()
        token = self._auth._storage.get_token()  # the library tells the end of its token nowhere else
        return None if token is None else token.expires_at.timestamp()

    def now(self) -> float:
        return exact_online_sdk.auth.datetime.now(datetime.timezone.utc).timestamp()

    def explain(self, error: Exception) -> Optional[Failure]:
        cause = error.__cause__
        if isinstance(error, AuthenticationError) and isinstance(cause, httpx.HTTPStatusError):
            status = f"{cause.response.status_code} {cause.response.reason_phrase}"
            words = f"{type(error).__name__}: {str(error).split(':')[0]}: {status}"
            if cause.response.is_server_error:
                return Failure("network", words)
            return Failure("oauth", words, _code(cause.response))
        if isinstance(error, AuthenticationError) and cause is None:
            # There is no token, or none to refresh with: the library has nothing left to try.
            return Failure("reauthorize", str(error))
        if isinstance(error, (AuthenticationError, APIError, httpx.HTTPError)):
            return Failure("network", root_words(error))
        return None


def _code(response: httpx.Response) -> Optional[str]:
    """``error`` of an OAuth error response."""
    try:
        return response.json().get("error")
    except (ValueError, AttributeError):
        return None


if __name__ == "__main__":
    clock = VirtualClock()
    VirtualDatetime.clock = clock
    exact_online_sdk.auth.datetime = VirtualDatetime  # where the library looks it up at each use
    sys.exit(serve(ExactOnlineSdk(), clock))
