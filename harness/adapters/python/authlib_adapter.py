"""Authlib's requests client behind the adapter protocol.

Written as its documentation tells an application to be written (section "Refresh & Auto Update Token"): load the
token, build an ``OAuth2Session`` with ``token_endpoint`` and ``update_token``, make the request. Nothing is repaired
here; what the library does not do, this program does not do.
"""

import importlib.metadata
import sys
from typing import Any, Optional

import authlib.oauth2.rfc6749.wrappers
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import InvalidTokenError, MissingTokenError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749.errors import MismatchingStateException

from idp_adapter import Client, Configuration, Failure, FileStore, VirtualClock, own_words, root_words, serve

# Seconds. The library waits for ever by default; a program in production does not.
_TIMEOUT = 20

# How Authlib begins the text of the plain ValueError for a token answer that is no JSON object
# (authlib/oauth2/client.py, `_load_token_response`).
_NOT_JSON = "Token endpoint response is not a JSON object"


class Authlib(Client):
    """One web application with a token store, in one process."""

    def hello(self) -> dict[str, Any]:
        return {
            "adapter": {"name": "authlib", "version": "1.0.0"},
            "library": {
                "name": "Authlib",
                "version": importlib.metadata.version("authlib"),
                "language": "Python",
                "issues": "https://github.com/authlib/authlib/issues",
            },
            "capabilities": ["authorization_code", "call", "refresh", "token", "shared_store", "clock"],
        }

    def configure(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._store = FileStore(configuration.storage, configuration.worker)

    def authorize(self) -> str:
        configuration = self._configuration
        session = self._session(scope=configuration.scope, redirect_uri=configuration.redirect_uri)
        url, state = session.create_authorization_url(configuration.authorization_endpoint)
        self._store.save("login", {"state": state})
        return url

    def callback(self, url: str) -> None:
        configuration = self._configuration
        login = self._store.load("login")
        if login is None:
            raise Failure("oauth", "no authorization request was made", "state_mismatch")
        session = self._session(
            state=login["state"], scope=configuration.scope, redirect_uri=configuration.redirect_uri
        )
        self._save(session.fetch_token(configuration.token_endpoint, authorization_response=url))

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        data = None if body is None else body.encode("utf-8")
        response = self._session_with_token().request(method, url, headers=headers, data=data)
        return response.status_code, response.content

    def refresh(self) -> None:
        session = self._session_with_token()
        if session.token is None:
            raise MissingTokenError()
        session.refresh_token(self._configuration.token_endpoint)

    def token(self) -> Optional[float]:
        session = self._session_with_token()
        if session.token is None:
            raise MissingTokenError()
        if not session.ensure_active_token(session.token):
            raise InvalidTokenError()
        return session.token.get("expires_at")

    def now(self) -> float:
        return authlib.oauth2.rfc6749.wrappers.time.time()

    def explain(self, error: Exception) -> Optional[Failure]:
        if isinstance(error, (MissingTokenError, InvalidTokenError)):
            # No token at all, or an expired one without a refresh token: the library has nothing left to try.
            return Failure("reauthorize", str(error))
        if isinstance(error, MismatchingStateException):
            return Failure("oauth", str(error), "state_mismatch")
        if isinstance(error, AuthlibBaseError):
            return Failure("oauth", str(error), error.error)
        if isinstance(error, requests.RequestException):
            return Failure("network", root_words(error))
        if isinstance(error, ValueError) and str(error).startswith(_NOT_JSON):
            return Failure("network", own_words(error))
        return None

    def _session_with_token(self) -> OAuth2Session:
        """A session as an application builds it for one request: the token from the store, and the way back to it."""
        return self._session(token=self._store.load("token"), update_token=self._update_token)

    def _session(self, **options: Any) -> OAuth2Session:
        configuration = self._configuration
        return OAuth2Session(
            configuration.client_id,
            configuration.client_secret,
            token_endpoint=configuration.token_endpoint,
            token_endpoint_auth_method=configuration.authentication,
            default_timeout=_TIMEOUT,
            trust_env=False,  # a proxy of the machine must not come between the client and the loopback interface
            verify=configuration.ca_file or True,
            **options,
        )

    def _update_token(self, token: dict[str, Any], **_replaced: Any) -> None:
        self._save(token)

    def _save(self, token: dict[str, Any]) -> None:
        self._store.save("token", token)


if __name__ == "__main__":
    clock = VirtualClock()
    clock.install()
    sys.exit(serve(Authlib(), clock))
