"""MSAL Python behind the adapter protocol, configured for production.

Written as its documentation tells an application to be written: one application object, a ``SerializableTokenCache``
loaded before and saved after each use, ``acquire_token_silent`` before every request, and a sign-in when that finds
nothing. Nothing is repaired here; what the library does not do, this program does not do.
"""

import importlib.metadata
import json
import sys
from contextlib import contextmanager
from typing import Any, Iterator, Optional
from urllib.parse import parse_qsl, urlsplit

from idp_adapter import Client, Configuration, Failure, FileStore, VirtualClock, own_words, root_words, serve, steady_words
from idp_adapter import install_identifiers, seed_identifiers
from idp_adapter.entra import authority, claims_challenge, is_microsofts, resource_scopes

install_identifiers()

import msal
import msal.token_cache
import requests

# Seconds. The library waits for ever by default; a program in production does not.
_TIMEOUT = 20


class Msal(Client):
    """One application with a token cache, in one process."""

    def hello(self) -> dict[str, Any]:
        return {
            "adapter": {"name": "msal", "version": "1.0.0"},
            "library": {
                "name": "MSAL Python",
                "version": importlib.metadata.version("msal"),
                "language": "Python",
                "issues": "https://github.com/AzureAD/microsoft-authentication-library-for-python/issues",
            },
            "capabilities": [
                "authorization_code", "client_credentials", "password", "on_behalf_of", "device_code", "waits_on_clock",
                "claims_challenge", "call", "refresh", "token", "shared_store", "clock",
            ],
        }  # fmt: skip

    def configure(self, configuration: Configuration) -> None:
        seed_identifiers(configuration.worker)
        self._configuration = configuration
        self._scopes = resource_scopes(configuration)
        self._store = FileStore(configuration.storage, configuration.worker)
        self._cache = msal.SerializableTokenCache()
        self._application: Optional[msal.ClientApplication] = None
        self._flow: Optional[dict[str, Any]] = None

    def authorize(self) -> str:
        with self._app() as app:
            flow = app.initiate_auth_code_flow(
                self._scopes,
                redirect_uri=self._configuration.redirect_uri,
                claims_challenge=(self._store.load("challenge") or {}).get("claims"),
            )
        if "auth_uri" not in flow:
            raise _refused(flow)
        self._store.save("login", flow)
        return flow["auth_uri"]

    def callback(self, url: str) -> None:
        flow = self._store.load("login") or {}
        answer = dict(parse_qsl(urlsplit(url).query))
        with self._app() as app:
            try:
                result = app.acquire_token_by_auth_code_flow(flow, answer)
            except ValueError:
                # The library's own check; it has no class for it, and its text holds both states.
                if answer.get("state") != flow.get("state") or not flow:
                    raise Failure("oauth", "the state of the answer is not that of the request", "state_mismatch") from None
                raise
        self._signed_in(result, "authorization_code")

    def client_credentials(self) -> None:
        with self._app() as app:
            result = self._confidential(app).acquire_token_for_client(self._scopes)
        self._signed_in(result, "client_credentials")

    def password(self, user_name: str, password: str) -> None:
        with self._app() as app:
            result = app.acquire_token_by_username_password(user_name, password, self._scopes)
        self._signed_in(result, "password")

    def on_behalf_of(self, assertion: str) -> None:
        with self._app() as app:
            result = self._confidential(app).acquire_token_on_behalf_of(assertion, self._scopes)
        self._signed_in(result, "on_behalf_of")

    def device(self) -> tuple[str, str]:
        with self._app() as app:
            if not isinstance(app, msal.PublicClientApplication):
                raise Failure("unsupported", "ConfidentialClientApplication has no device flow")
            flow = app.initiate_device_flow(self._scopes)
        if "user_code" not in flow:
            raise _refused(flow)
        self._flow = flow
        return flow["user_code"], flow["verification_uri"]

    def poll(self) -> None:
        if self._flow is None:
            raise Failure("bug", "no device flow was begun")
        with self._app() as app:
            result = app.acquire_token_by_device_flow(self._flow)
        if result.get("error") in ("authorization_pending", "slow_down"):
            # The last answer before the library's own clock said that the codes are over.
            raise Failure("reauthorize", "acquire_token_by_device_flow ended while the answer was pending")
        self._signed_in(result, "device_code")

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        def send(token: str) -> requests.Response:
            data = None if body is None else body.encode("utf-8")
            bearer = {"Authorization": f"Bearer {token}"}
            return requests.request(method, url, headers=headers | bearer, data=data, timeout=_TIMEOUT)

        response = send(self._token()["access_token"])
        claims = claims_challenge(response.headers.get("WWW-Authenticate")) if response.status_code == 401 else None
        if claims is not None:
            # As the page on claims challenges has it: once with the claims, and if that gives nothing, by signing in with them.
            self._store.save("challenge", {"claims": claims})
            response = send(self._token(claims_challenge=claims)["access_token"])
            self._store.save("challenge", {})
        return response.status_code, response.content

    def refresh(self) -> None:
        if self._acts_for_itself():
            raise Failure("unsupported", "acquire_token_for_client takes no force_refresh")
        self._token(force_refresh=True)

    def token(self) -> Optional[float]:
        return self.now() + self._token()["expires_in"]

    def now(self) -> float:
        return msal.token_cache.time.time()

    def explain(self, error: Exception) -> Optional[Failure]:
        if isinstance(error, requests.RequestException):
            return Failure("network", root_words(error))
        if isinstance(error, (msal.exceptions.MsalServiceError, json.JSONDecodeError)):
            # A 5xx; an answer of the token endpoint that is no JSON, a 429 for one. Nothing was stored.
            return Failure("network", steady_words(own_words(error)))
        return None

    @contextmanager
    def _app(self) -> Iterator[msal.ClientApplication]:
        """The application object, with what the store holds now; what has changed is stored when the block ends."""
        stored = self._store.load("cache")
        self._cache.deserialize(json.dumps(stored) if stored else "{}")
        if self._application is None:
            # Not in `configure`: the constructor fetches the authority's metadata.
            self._application = self._new_application()
        try:
            yield self._application
        finally:
            if self._cache.has_state_changed:
                self._store.save("cache", json.loads(self._cache.serialize()))

    def _new_application(self) -> msal.ClientApplication:
        configuration = self._configuration
        settings = {
            "authority": authority(configuration),
            "token_cache": self._cache,
            "client_capabilities": list(configuration.capabilities) or None,
            "timeout": _TIMEOUT,
            # Else a host that the library does not know is asked after at login.microsoftonline.com.
            "instance_discovery": None if is_microsofts(configuration) else False,
        }
        if configuration.client_secret is None:
            return msal.PublicClientApplication(configuration.client_id, **settings)
        return msal.ConfidentialClientApplication(
            configuration.client_id, client_credential=configuration.client_secret, **settings
        )

    @staticmethod
    def _confidential(app: msal.ClientApplication) -> msal.ConfidentialClientApplication:
        if not isinstance(app, msal.ConfidentialClientApplication):
            raise Failure("unsupported", "PublicClientApplication has no such grant")
        return app

    def _acts_for_itself(self) -> bool:
        return (self._store.load("grant") or {}).get("grant") == "client_credentials"

    def _token(self, **options: Any) -> dict[str, Any]:
        """A token without anybody being asked."""
        with self._app() as app:
            if self._acts_for_itself():
                result = self._confidential(app).acquire_token_for_client(self._scopes, **options)
                if "access_token" not in result:
                    raise _refused(result)
                return result
            accounts = app.get_accounts()
            if not accounts:
                raise Failure("reauthorize", "get_accounts found nobody")
            result = app.acquire_token_silent(self._scopes, account=accounts[0], **options)
        if result is None:
            raise Failure("reauthorize", "acquire_token_silent found no token")
        return result

    def _signed_in(self, result: dict[str, Any], grant: str) -> None:
        if "access_token" not in result:
            raise _refused(result)
        self._store.save("grant", {"grant": grant})
        self._store.save("challenge", {})


def _refused(result: dict[str, Any]) -> Failure:
    """An OAuth error as the library hands it on."""
    return Failure("oauth", steady_words(result.get("error_description") or str(result.get("error"))), result.get("error"))


if __name__ == "__main__":
    clock = VirtualClock()
    clock.install()
    clock.install_sleep()
    sys.exit(serve(Msal(), clock))
