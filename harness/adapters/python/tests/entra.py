"""What MSAL Python and azure-identity need of a provider, on the loopback interface under a name that they trust.

They take any host for one of theirs when it is behind the proxy; here a small proxy leads every name to the provider.
"""

import base64
import json
import select
import socket
import threading
from typing import Any, Optional
from urllib.parse import urlsplit

from .support import AdapterCase, Provider

AUTHORITY = "https://login.microsoftonline.com/tenant"
ME = "https://graph.microsoft.com/v1.0/me"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def tokens(number: int, now: float, nonce: Optional[str] = None, **changes: Any) -> tuple[int, str]:
    """A token answer in Entra's shape. The libraries read the ID token, and do not check its signature."""
    claims = {"iss": f"{AUTHORITY}/v2.0", "aud": "{c1}", "sub": "s", "tid": "t", "oid": "u", "preferred_username": "u@acme.example"}
    claims |= {"iat": int(now), "exp": int(now) + 3600} | ({"nonce": nonce} if nonce else {})
    fields = {"token_type": "Bearer", "scope": "User.Read", "expires_in": 3600, "access_token": f"at{number}"}
    fields |= {"refresh_token": f"rt{number}", "client_info": _part({"uid": "u", "utid": "t"})}
    fields |= {"id_token": f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}.c2ln"} | changes
    return 200, json.dumps({key: value for key, value in fields.items() if value is not None})


class EntraProvider(Provider):
    """Beside `token_answers`, answers metadata and the device endpoint as they are, and the resource as scripted."""

    def _answer(self, handler: Any, seen: dict[str, Any]) -> None:
        path = urlsplit(seen["path"]).path
        fixed = {
            "/tenant/v2.0/.well-known/openid-configuration": {
                "issuer": f"{AUTHORITY}/v2.0",
                "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
                "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/devicecode",
            },
            "/common/discovery/instance": {"tenant_discovery_endpoint": "", "metadata": []},
            "/common/userrealm/u": {"ver": "1.0", "account_type": "Managed"},
            "/tenant/oauth2/v2.0/devicecode": {
                "device_code": "dc", "user_code": "ABCD-EFGH", "verification_uri": "https://microsoft.com/devicelogin",
                "expires_in": 900, "interval": 5, "message": "Go there.",
            },
        }  # fmt: skip
        if path in fixed:
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            body = json.dumps(fixed[path]).encode()
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            return
        if path.endswith("/oauth2/v2.0/token"):
            seen = seen | {"path": "/token"}
        super()._answer(handler, seen)


class Proxy:
    """Takes CONNECT for any name, and connects to the one port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            while b"\r\n\r\n" not in client.recv(65536):
                pass
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            other = {client: server, server: client}
            while True:
                for side in select.select(list(other), [], [])[0]:
                    try:
                        data = side.recv(65536)
                        other[side].sendall(data)
                    except OSError:
                        return
                    if not data:
                        return


class EntraCase(AdapterCase):
    """An adapter behind the proxy, registered with a tenant."""

    def make_provider(self) -> Provider:
        provider = EntraProvider(self.tls)
        proxy = Proxy(urlsplit(provider.url).port)
        self.addCleanup(proxy.close)
        names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
        self.environment = {name: proxy.url for name in names}
        self.environment |= {"NO_PROXY": "", "no_proxy": "", "REQUESTS_CA_BUNDLE": self.ca, "SSL_CERT_FILE": self.ca}
        return provider

    def configuration(self, *arguments: Any, **client: Any) -> dict[str, Any]:
        command = super().configuration(*arguments, **({"scope": "User.Read offline_access"} | client))
        endpoint = f"{AUTHORITY}/oauth2/v2.0"
        return command | {"endpoints": {"authorization": f"{endpoint}/authorize", "token": f"{endpoint}/token"}}

    def call(self, adapter: Any, **fields: Any) -> dict[str, Any]:
        return adapter.ask("call", method="GET", url=ME, **fields)

    def pass_time(self, adapter: Any, now: float, step: float = 1.0) -> tuple[dict[str, Any], float]:
        """Answers a poll that waits for the clock, until it ends; its outcome and the time."""
        adapter.send("poll")
        poll = None
        while True:
            message = adapter.read_message()
            if message["type"] == "event":
                self.assertEqual(message["event"], {"kind": "waiting", "on": "clock"})
                now += step
                adapter.send("clock", now=now)
            elif message["outcome"]["result"] != "clock":
                poll = message["outcome"]
                return poll, now
