"""What an adapter must be able to do, and how it says that it could not."""

from dataclasses import dataclass
from typing import Any, Optional


class Failure(Exception):
    """The client could not do what was asked; becomes an ``error`` reply.

    `kind` is one of ``reauthorize``, ``oauth``, ``network``, ``throttled``, ``untrusted``, ``unsupported`` and ``bug``; `message` is the library's
    own text; `code` is ``error`` of an OAuth error response, or the library's word in its place.
    """

    def __init__(self, kind: str, message: str, code: Optional[str] = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code


@dataclass(frozen=True)
class Configuration:
    """The fields of ``configure`` that the adapters here use, flat."""

    worker: str
    authorization_endpoint: str
    token_endpoint: str
    client_id: str
    client_secret: Optional[str]
    authentication: str
    redirect_uri: str
    scope: Optional[str]
    storage: str
    ca_file: Optional[str]
    now: float
    issuer: Optional[str]  # of OpenID Connect, to be discovered; ``None`` where plain OAuth is spoken
    max_age: Optional[int]
    capabilities: tuple[str, ...]  # what the client declares that it understands, such as ``cp1``

    @classmethod
    def of(cls, command: dict[str, Any]) -> "Configuration":
        """Reads a ``configure`` command. Raises ``KeyError`` when a field is missing."""
        client, endpoints = command["client"], command["endpoints"]
        openid = command.get("openid") or {}
        return cls(
            worker=command["worker"],
            authorization_endpoint=endpoints["authorization"],
            token_endpoint=endpoints["token"],
            client_id=client["id"],
            client_secret=client.get("secret"),
            authentication=client["authentication"],
            redirect_uri=client["redirect_uri"],
            scope=client.get("scope"),
            storage=command["storage"],
            ca_file=command.get("ca_file"),
            now=command["now"],
            issuer=openid.get("issuer"),
            max_age=openid.get("max_age"),
            capabilities=tuple(client.get("capabilities") or ()),
        )


class Client:
    """A program that uses a library. Each method is one operation of the protocol, and may raise.

    What it raises is put into the protocol's words by :meth:`explain`. An operation that is not written here is one
    that the library cannot do.
    """

    def hello(self) -> dict[str, Any]:
        """The reply to ``hello``, without ``result`` and ``protocol``."""
        raise NotImplementedError

    def configure(self, configuration: Configuration) -> None:
        """Called once, before every other operation."""
        raise NotImplementedError

    def authorize(self) -> str:
        """The URL of an authorization request."""
        raise Failure("unsupported", "no authorization code grant")

    def callback(self, url: str) -> Optional[str]:
        """Redeems the code that arrived at the redirection URI; who signed in, where OpenID Connect is spoken."""
        raise Failure("unsupported", "no authorization code grant")

    def client_credentials(self) -> None:
        """Gets tokens for the client itself."""
        raise Failure("unsupported", "no client credentials grant")

    def password(self, user_name: str, password: str) -> None:
        """Gets tokens for a name and a password."""
        raise Failure("unsupported", "no password grant")

    def on_behalf_of(self, assertion: str) -> None:
        """Exchanges the access token of a caller for one to another resource server."""
        raise Failure("unsupported", "no exchange of a caller's token")

    def device(self) -> tuple[str, str]:
        """Begins the device authorization grant: what to type, and where."""
        raise Failure("unsupported", "no device authorization grant")

    def poll(self) -> None:
        """Polls for the device's tokens until it comes to an end."""
        raise Failure("unsupported", "no device authorization grant")

    def call(self, method: str, url: str, headers: dict[str, str], body: Optional[str]) -> tuple[int, bytes]:
        """Status and body of a protected resource's answer."""
        raise Failure("unsupported", "no calls to protected resources")

    def collection(self, url: str) -> tuple[int, int]:
        """Status, and how many rows a collection has, read to its end page after page."""
        raise Failure("unsupported", "the library does not read pages")

    def refresh(self) -> None:
        """Uses the refresh token now."""
        raise Failure("unsupported", "no refresh on demand")

    def token(self) -> Optional[float]:
        """Ends with an access token that the library believes usable; when it ends, in seconds since 1970."""
        raise Failure("unsupported", "the library does not say whether its token is usable")

    def now(self) -> float:
        """The time as the library reads it."""
        raise NotImplementedError

    def explain(self, error: Exception) -> Optional[Failure]:
        """Puts an exception of the library into the protocol's words; ``None`` for one that it does not know."""
        raise NotImplementedError
