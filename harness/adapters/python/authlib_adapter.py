"""Authlib's requests client behind the adapter protocol.

Written as its documentation tells an application to be written (section "Refresh & Auto Update Token"): load the
token, build an ``OAuth2Session`` with ``token_endpoint`` and ``update_token``, make the request. Where
OpenID Connect is asked for, it uses the class behind Authlib's web integrations (section "Web Clients"), and does what
``FlaskOAuth2App.authorize_access_token`` does, in its order. Nothing is repaired here; what the library does not do,
this program does not do.
"""

import importlib.metadata
import sys
from typing import Any, Optional
from urllib.parse import parse_qsl, urlsplit

import authlib.oauth2.rfc6749.wrappers
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import InvalidTokenError, MismatchingStateError, MissingTokenError, OAuthError
from authlib.integrations.base_client.sync_app import BaseApp, OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749.errors import MismatchingStateException
from joserfc.errors import JoseError

from idp_adapter import Client, Configuration, Failure, FileStore, VirtualClock, own_words, root_words, serve

# Seconds. The library waits for ever by default; a program in production does not.
_TIMEOUT = 20

# How Authlib begins the text of the plain ValueError for a token answer that is no JSON object
# (authlib/oauth2/client.py, `_load_token_response`).
_NOT_JSON = "Token endpoint response is not a JSON object"


class _App(OAuth2Mixin, OpenIDMixin, BaseApp):
    """What ``FlaskOAuth2App`` is made of, without Flask."""

    client_cls = OAuth2Session


class _Framework:
    """What the app needs of a framework: somewhere to keep a refreshed token."""

    def __init__(self, store: FileStore) -> None:
        self._store = store

    def update_token(self, token: dict[str, Any], **_replaced: Any) -> None:
        self._store.save("token", token)


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
            "capabilities": ["authorization_code", "openid", "call", "refresh", "token", "shared_store", "clock"],
        }

    def configure(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._store = FileStore(configuration.storage, configuration.worker)
        self._app = None if configuration.issuer is None else self._openid_app(configuration)

    def _openid_app(self, configuration: Configuration) -> _App:
        return _App(
            _Framework(self._store),
            name="idp",
            client_id=configuration.client_id,
            client_secret=configuration.client_secret,
            server_metadata_url=f"{configuration.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": configuration.scope, "code_challenge_method": "S256", **self._connection()},
        )

    def authorize(self) -> str:
        configuration = self._configuration
        if self._app is not None:
            extra = {} if configuration.max_age is None else {"max_age": configuration.max_age}
            begun = self._app.create_authorization_url(configuration.redirect_uri, **extra)
            url = begun.pop("url")
            kept = self._store.load("logins") or {}
            self._store.save("logins", kept | {begun["state"]: begun | {"redirect_uri": configuration.redirect_uri}})
            return url
        session = self._session(redirect_uri=configuration.redirect_uri)
        url, state = session.create_authorization_url(configuration.authorization_endpoint)
        self._store.save("login", {"state": state})
        return url

    def callback(self, url: str) -> Optional[str]:
        configuration = self._configuration
        if self._app is not None:
            return self._sign_in(self._app, dict(parse_qsl(urlsplit(url).query)))
        login = self._store.load("login")
        if login is None:
            raise Failure("oauth", "no authorization request was made", "state_mismatch")
        session = self._session(state=login["state"], redirect_uri=configuration.redirect_uri)
        self._save(session.fetch_token(configuration.token_endpoint, authorization_response=url))
        return None

    def _sign_in(self, app: _App, answer: dict[str, str]) -> str:
        """The steps of ``FlaskOAuth2App.authorize_access_token``, and the UserInfo endpoint as the documentation asks it."""
        if "error" in answer:
            raise OAuthError(error=answer["error"], description=answer.get("error_description"))
        logins = self._store.load("logins") or {}
        login = logins.pop(answer.get("state"), None)
        self._store.save("logins", logins)
        parameters = app._format_state_params(login, {"code": answer.get("code"), "state": answer.get("state")})
        token = app.fetch_access_token(**parameters)
        claims = app.parse_id_token(token, nonce=login["nonce"])
        self._save(token)
        app.userinfo(token=token)
        return claims["sub"]

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        data = None if body is None else body.encode("utf-8")
        if self._app is not None:
            response = self._app.request(method, url, token=self._store.load("token"), headers=headers, data=data)
            return response.status_code, response.content
        response = self._session_with_token().request(method, url, headers=headers, data=data)
        return response.status_code, response.content

    def refresh(self) -> None:
        session = self._session_with_token()
        if session.token is None:
            raise MissingTokenError()
        if self._app is not None:
            session.refresh_token(self._app.load_server_metadata()["token_endpoint"])
            return
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
        if isinstance(error, (MismatchingStateException, MismatchingStateError)):
            return Failure("oauth", str(error), "state_mismatch")
        if isinstance(error, JoseError):
            # Every check of an ID token and of its signature.
            return Failure("untrusted", str(error), error.error)
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
            scope=configuration.scope,
            **self._connection(),
            **options,
        )

    def _connection(self) -> dict[str, Any]:
        """How every session of the library reaches the provider."""
        configuration = self._configuration
        return {
            "token_endpoint_auth_method": configuration.authentication,
            "default_timeout": _TIMEOUT,
            "trust_env": False,  # a proxy of the machine must not come between the client and the loopback interface
            "verify": configuration.ca_file or True,
        }

    def _update_token(self, token: dict[str, Any], **_replaced: Any) -> None:
        self._save(token)

    def _save(self, token: dict[str, Any]) -> None:
        self._store.save("token", token)


if __name__ == "__main__":
    clock = VirtualClock()
    clock.install()
    sys.exit(serve(Authlib(), clock))
