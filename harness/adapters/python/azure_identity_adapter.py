"""azure-identity behind the adapter protocol, configured for production.

Written as its documentation tells an application to be written: one credential for the way in which it signs in, and
azure-core's ``BearerTokenCredentialPolicy`` in front of every request, which gets tokens, keeps them, and answers
challenges for claims. Nothing is repaired here; what the library does not do, this program does not do.
"""

import importlib.metadata
import queue
import random
import secrets
import sys
import threading
import time
from typing import Any, Callable, Optional
from urllib.parse import parse_qs, urlencode, urlsplit

from idp_adapter import Client, Configuration, Failure, FileStore, VirtualClock, root_words, serve, steady_words
from idp_adapter import install_identifiers, seed_identifiers
from idp_adapter.entra import authority, is_microsofts, resource_scopes

# Some of them are bound by name when the library is imported.
install_identifiers()

import azure.core.pipeline.policies._authentication as bearer_policy
from azure.core import PipelineClient
from azure.core.exceptions import AzureError, ClientAuthenticationError, DecodeError, HttpResponseError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest
from azure.identity import (
    AuthenticationRequiredError,
    AuthorizationCodeCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    DeviceCodeCredential,
    OnBehalfOfCredential,
    UsernamePasswordCredential,
)

# Seconds; the library's own are five minutes, longer than an operation may take.
_TIMEOUTS = {"connection_timeout": 20, "read_timeout": 20}


class Throttled(Exception):
    """The library would wait until the provider's limit is lifted."""

    def __init__(self, seconds: float, response: Any = None) -> None:
        super().__init__(f"the library would sleep for {seconds:g} seconds")
        self.response = response


class ImpatientRetry(RetryPolicy):
    """For an application whose thread cannot sleep for as long as ``Retry-After`` says.

    Until that is over nothing is sent, as nothing would be by a thread that slept. The other pauses, of some seconds
    between two tries, are left out: the clock stands still while an operation runs.
    """

    _until = 0.0

    def send(self, request: Any) -> Any:
        left = self._until - time.time()
        if left > 0:
            raise Throttled(left)
        return super().send(request)

    def sleep(self, settings: dict[str, Any], transport: Any, response: Any = None) -> None:
        seconds = self.get_retry_after(response) if response else None
        if seconds:
            self._until = time.time() + seconds
            raise Throttled(seconds, response.http_response)


class AzureIdentity(Client):
    """One application with one credential at a time, in one process."""

    def hello(self) -> dict[str, Any]:
        version = importlib.metadata.version
        return {
            "adapter": {"name": "azure-identity", "version": "1.0.0"},
            "library": {
                "name": "azure-identity",
                "version": f"{version('azure-identity')} (azure-core {version('azure-core')}, msal {version('msal')})",
                "language": "Python",
                "issues": "https://github.com/Azure/azure-sdk-for-python/issues",
            },
            "capabilities": [
                "authorization_code", "client_credentials", "password", "on_behalf_of", "device_code", "waits_on_clock",
                "claims_challenge", "call", "token", "clock",
            ],
        }  # fmt: skip

    def configure(self, configuration: Configuration) -> None:
        seed_identifiers(configuration.worker)
        self._configuration = configuration
        self._scopes = resource_scopes(configuration)
        self._store = FileStore(configuration.storage, configuration.worker)
        self._continuous = "cp1" in (name.lower() for name in configuration.capabilities)
        server = urlsplit(authority(configuration))
        self._tenant = server.path.strip("/")
        self._settings = {
            "authority": f"{server.scheme}://{server.netloc}",
            "disable_instance_discovery": not is_microsofts(configuration),
            "retry_policy_class": ImpatientRetry,
        } | _TIMEOUTS
        self._credential: Any = None
        self._client: Optional[PipelineClient] = None
        self._sign_in: Optional[_DeviceSignIn] = None

    def authorize(self) -> str:
        # The application's own matter: the credential begins with the code.
        state = secrets.token_urlsafe(16)
        self._store.save("login", {"state": state})
        asked = {
            "client_id": self._configuration.client_id,
            "response_type": "code",
            "redirect_uri": self._configuration.redirect_uri,
            "scope": self._configuration.scope or "",
            "state": state,
        }
        return f"{self._configuration.authorization_endpoint}?{urlencode(asked)}"

    def callback(self, url: str) -> None:
        answer = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        login = self._store.load("login") or {}
        self._store.save("login", {})  # it is good for one answer
        if "state" not in answer or answer["state"] != login.get("state"):
            raise Failure("oauth", "the state of the answer is not that of the request", "state_mismatch")
        if "code" not in answer:
            raise Failure("oauth", steady_words(answer.get("error_description", "no code")), answer.get("error"))
        configuration = self._configuration
        credential = AuthorizationCodeCredential(
            self._tenant,
            configuration.client_id,
            answer["code"],
            configuration.redirect_uri,
            client_secret=configuration.client_secret,
            **self._settings,
        )
        self._use(credential, credential.get_token_info)

    def client_credentials(self) -> None:
        credential = ClientSecretCredential(
            self._tenant, self._configuration.client_id, self._secret(), **self._settings
        )
        self._use(credential, credential.get_token_info)

    def password(self, user_name: str, password: str) -> None:
        self._public()
        credential = UsernamePasswordCredential(
            self._configuration.client_id, user_name, password, tenant_id=self._tenant, **self._settings
        )
        self._use(credential, credential.get_token_info)

    def on_behalf_of(self, assertion: str) -> None:
        credential = OnBehalfOfCredential(
            self._tenant,
            self._configuration.client_id,
            client_secret=self._secret(),
            user_assertion=assertion,
            **self._settings,
        )
        self._use(credential, credential.get_token_info)

    def device(self) -> tuple[str, str]:
        self._public()
        self._sign_in = _DeviceSignIn(
            lambda prompt: DeviceCodeCredential(
                self._configuration.client_id,
                tenant_id=self._tenant,
                prompt_callback=prompt,
                # A request that needs a person must say so; it must not print a code that nobody sees.
                disable_automatic_authentication=True,
                **self._settings,
            ),
            self._scopes,
            self._continuous,
        )
        return self._sign_in.codes()

    def poll(self) -> None:
        if self._sign_in is None:
            raise Failure("bug", "no device sign-in was begun")
        self._use(self._sign_in.finish(), None)

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        request = HttpRequest(method, url, headers=headers, content=None if body is None else body.encode("utf-8"))
        try:
            response = self._signed_in().send_request(request, **_TIMEOUTS)
        except Throttled as throttled:
            # What the resource said is an answer; what the token endpoint said in between is none.
            if throttled.response is None or throttled.response.request.url != url:
                raise
            return throttled.response.status_code, throttled.response.body()
        return response.status_code, response.read()

    def token(self) -> Optional[float]:
        self._signed_in()
        return float(self._token_info(self._credential.get_token_info).expires_on)

    def now(self) -> float:
        return bearer_policy.time.time()

    def explain(self, error: Exception) -> Optional[Failure]:
        chain = _chain(error)
        throttled = next((cause for cause in chain if isinstance(cause, Throttled)), None)
        if throttled is not None:
            return Failure("throttled", str(throttled))
        words = f"{type(error).__name__}: {steady_words(str(error))}"
        if isinstance(error, (AuthenticationRequiredError, CredentialUnavailableError)):
            return Failure("reauthorize", words)
        if isinstance(error, ClientAuthenticationError):
            return self._refused(error, words)
        if isinstance(error, AzureError):
            return Failure("network", root_words(error))
        return None

    def _refused(self, error: ClientAuthenticationError, words: str) -> Optional[Failure]:
        """``ClientAuthenticationError`` stands for everything that went wrong on the way to a token."""
        if error.response is not None:
            code = _code(error.response)
            return Failure("network", words) if error.response.status_code >= 500 or code is None else Failure("oauth", words, code)
        cause = error.__cause__
        if isinstance(cause, (AzureError, ValueError)):
            # No answer, or none that is JSON, put into another exception.
            return Failure("network", words if isinstance(cause, (DecodeError, ValueError)) else root_words(error))
        if cause is not None:
            return None
        if isinstance(self._credential, AuthorizationCodeCredential):
            # It has neither code nor token left, and says so before it asks the provider.
            return Failure("reauthorize", words)
        return Failure("oauth", words)

    def _secret(self) -> str:
        if self._configuration.client_secret is None:
            raise Failure("unsupported", "this credential is for clients with a secret")
        return self._configuration.client_secret

    def _public(self) -> None:
        if self._configuration.client_secret is not None:
            raise Failure("unsupported", "this credential is for clients without a secret")

    def _token_info(self, get: Callable[..., Any]) -> Any:
        return get(*self._scopes, options={"enable_cae": self._continuous})

    def _use(self, credential: Any, first: Optional[Callable[..., Any]]) -> None:
        """Signs in with `first`, and goes on with `credential` when that went well."""
        if first is not None:
            self._token_info(first)
        self._credential = credential
        policy = BearerTokenCredentialPolicy(credential, *self._scopes, enable_cae=self._continuous)
        self._client = PipelineClient("https://graph.microsoft.com", policies=[ImpatientRetry(), policy])

    def _signed_in(self) -> PipelineClient:
        if self._client is None:
            raise Failure("reauthorize", "there is no credential")
        return self._client


class _DeviceSignIn:
    """``DeviceCodeCredential`` gets codes and polls in one go, and shows the codes in between: a thread of its own, held there."""

    def __init__(self, make: Callable[[Callable[..., None]], Any], scopes: list[str], continuous: bool) -> None:
        self._told: queue.Queue = queue.Queue()
        self._go_on = threading.Event()
        self._error: Optional[Exception] = None
        self._credential = make(self._show)
        self._thread = threading.Thread(target=self._run, args=(scopes, continuous), daemon=True)
        self._thread.start()

    def codes(self) -> tuple[str, str]:
        told = self._told.get()
        if isinstance(told, Exception):
            raise told
        return told

    def finish(self) -> Any:
        """The credential after the sign-in, or what it raised."""
        self._go_on.set()
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._credential

    def _show(self, verification_uri: str, user_code: str, _expires_on: Any) -> None:
        self._told.put((user_code, verification_uri))
        self._go_on.wait()

    def _run(self, scopes: list[str], continuous: bool) -> None:
        try:
            self._credential.authenticate(scopes=scopes, enable_cae=continuous)
        except Exception as error:  # given to whoever waits for the codes, or polls
            self._error = error
            self._told.put(error)


def _chain(error: BaseException) -> list[BaseException]:
    """`error`, what caused it, and so on to the root."""
    chain: list[BaseException] = []
    at: Optional[BaseException] = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    return chain


def _code(response: Any) -> Optional[str]:
    """``error`` of an OAuth error response."""
    try:
        code = response.json().get("error")
    except (ValueError, AttributeError):
        return None
    return code if isinstance(code, str) else None


if __name__ == "__main__":
    clock = VirtualClock()
    clock.install()
    clock.install_sleep()
    # The policy renews up to a minute earlier or later, by chance; what is not the same on every run cannot be compared.
    random.seed(1)
    sys.exit(serve(AzureIdentity(), clock))
