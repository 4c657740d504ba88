"""requests-oauthlib behind the adapter protocol.

Written as its documentation tells an application to be written (section "Refreshing tokens", third and recommended
way): load the token, build a session with ``auto_refresh_url`` and ``token_updater``, make the request. Nothing is
repaired here; what the library does not do, this program does not do.
"""

import importlib.metadata
import os
import sys
from functools import partial
from typing import Any, Optional

from idp_adapter import Client, Configuration, Failure, FileStore, VirtualClock, root_words, serve

# The library refuses http:// addresses unless told otherwise; the provider under test is on the loopback interface.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import oauthlib.oauth2.rfc6749.parameters
import requests
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.errors import MismatchingStateError, MissingTokenError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

# Seconds. The library waits for ever by default; a program in production does not.
_TIMEOUT = 20

_METHODS = {"GET", "OPTIONS", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


class RequestsOauthlib(Client):
    """One web application with a token store, in one process."""

    def hello(self) -> dict[str, Any]:
        version = importlib.metadata.version
        return {
            "adapter": {"name": "requests-oauthlib", "version": "1.0.0"},
            "library": {
                "name": "requests-oauthlib",
                "version": f"{version('requests-oauthlib')} (oauthlib {version('oauthlib')})",
                "language": "Python",
                "issues": "https://github.com/requests/requests-oauthlib/issues",
            },
            "capabilities": ["authorization_code", "call", "refresh", "shared_store", "clock"],
        }

    def configure(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._store = FileStore(configuration.storage, configuration.worker)

    def authorize(self) -> str:
        configuration = self._configuration
        session = self._bare_session(scope=configuration.scope, redirect_uri=configuration.redirect_uri)
        url, state = session.authorization_url(configuration.authorization_endpoint)
        self._store.save("login", {"state": state})
        return url

    def callback(self, url: str) -> None:
        configuration = self._configuration
        login = self._store.load("login")
        if login is None:
            raise Failure("oauth", "no authorization request was made", "state_mismatch")
        session = self._bare_session(
            state=login["state"], scope=configuration.scope, redirect_uri=configuration.redirect_uri
        )
        token = session.fetch_token(
            configuration.token_endpoint,
            authorization_response=url,
            client_secret=configuration.client_secret,
            # None leaves it to the library, which then takes HTTP Basic.
            include_client_id=None if configuration.authentication == "client_secret_basic" else True,
            timeout=_TIMEOUT,
        )
        self._save(token)

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        session = self._session()
        if not session.authorized:
            raise Failure("reauthorize", "OAuth2Session.authorized is False")
        # `get` and its like, as the documentation has it, rather than `request`: what they add reaches the library too.
        send = getattr(session, method.lower()) if method in _METHODS else partial(session.request, method)
        response = send(
            url,
            headers=headers,
            data=None if body is None else body.encode("utf-8"),
            timeout=_TIMEOUT,
            **self._basic_for_refresh(),
        )
        return response.status_code, response.content

    def refresh(self) -> None:
        session = self._session()
        if not session.authorized:
            raise Failure("reauthorize", "OAuth2Session.authorized is False")
        configuration = self._configuration
        basic = None
        if configuration.authentication == "client_secret_basic":
            basic = HTTPBasicAuth(configuration.client_id, configuration.client_secret or "")
        # `token_updater` is for automatic refreshes only; here the documentation has the caller save.
        self._save(session.refresh_token(configuration.token_endpoint, auth=basic, timeout=_TIMEOUT))

    def now(self) -> float:
        return oauthlib.oauth2.rfc6749.parameters.time.time()

    def explain(self, error: Exception) -> Optional[Failure]:
        if isinstance(error, MismatchingStateError):
            return Failure("oauth", str(error), "state_mismatch")
        if isinstance(error, MissingTokenError) and self._store.load("token") is not None:
            # The answer of the token endpoint held neither a token nor an OAuth error. The stored token is untouched.
            return Failure("network", str(error))
        if isinstance(error, OAuth2Error):
            return Failure("oauth", str(error), error.error)
        if isinstance(error, requests.RequestException):
            return Failure("network", root_words(error))
        return None

    def _session(self) -> OAuth2Session:
        """A session as an application builds it for one request: the token from the store, and the way back to it."""
        configuration = self._configuration
        return self._bare_session(
            token=self._store.load("token"),
            auto_refresh_url=configuration.token_endpoint,
            auto_refresh_kwargs=self._credentials_for_refresh(),
            token_updater=self._save,
        )

    def _bare_session(self, **options: Any) -> OAuth2Session:
        session = OAuth2Session(self._configuration.client_id, **options)
        session.trust_env = False  # a proxy of the machine must not come between the client and the loopback interface
        if self._configuration.ca_file is not None:
            session.verify = self._configuration.ca_file
        return session

    def _credentials_for_refresh(self) -> dict[str, str]:
        configuration = self._configuration
        if configuration.authentication == "client_secret_basic":
            return {}
        credentials = {"client_id": configuration.client_id}
        if configuration.client_secret is not None:
            credentials["client_secret"] = configuration.client_secret
        return credentials

    def _basic_for_refresh(self) -> dict[str, str]:
        """What ``request`` takes so that an automatic refresh authenticates by HTTP Basic; else nothing."""
        configuration = self._configuration
        if configuration.authentication != "client_secret_basic":
            return {}
        return {"client_id": configuration.client_id, "client_secret": configuration.client_secret or ""}

    def _save(self, token: dict[str, Any]) -> None:
        self._store.save("token", token)


if __name__ == "__main__":
    clock = VirtualClock()
    clock.install()
    sys.exit(serve(RequestsOauthlib(), clock))
