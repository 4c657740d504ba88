"""A small OAuth client on the standard library: the thing under test. It knows nothing of the harness."""

import base64, fcntl, json, os, secrets, ssl, urllib.error, urllib.request
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit


class OAuthError(Exception):
    """The provider refused. Arguments: its `error`, its `error_description`."""


class NoAnswer(Exception):
    """The provider gave no usable answer. What is stored is as it was."""


class LoginNeeded(Exception):
    """There is no token to use or to refresh."""


class Client:
    """Keeps its token in `storage`, which several processes may share. `now` tells the time; `waits` is called before
    the client blocks on another process."""

    def __init__(self, id, secret, authentication, redirect_uri, scope, endpoints, storage, ca_file, now, waits):
        self.id, self.secret, self.basic = id, secret, authentication == "client_secret_basic"
        self.redirect_uri, self.scope, self.endpoints, self.now, self.waits = redirect_uri, scope, endpoints, now, waits
        self.path, self.state = os.path.join(storage, "token.json"), None
        tls = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), tls)

    def authorization_url(self):
        self.state = secrets.token_urlsafe(16)
        wanted = {"response_type": "code", "client_id": self.id, "redirect_uri": self.redirect_uri,
                  "scope": self.scope, "state": self.state}
        return self.endpoints["authorization"] + "?" + urlencode({key: text for key, text in wanted.items() if text})

    def redeem(self, url):
        answer = {key: texts[0] for key, texts in parse_qs(urlsplit(url).query).items()}
        expected, self.state = self.state, None  # good for one answer
        if expected is None or answer.get("state") != expected:
            raise OAuthError("state_mismatch", "the state is not the one that was sent")
        if "code" not in answer:
            raise OAuthError(answer.get("error", "missing_code"), answer.get("error_description", ""))
        self._obtain(grant_type="authorization_code", code=answer["code"], redirect_uri=self.redirect_uri)

    def request(self, method, url, headers, body):
        bearer = {"Authorization": "Bearer " + self.token()["access_token"]}
        return self._send(method, url, headers | bearer, body)

    def token(self, renew=False):
        """A token that has not expired. One process at a time goes from reading the old one to storing its heir."""
        with open(self.path + ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.waits()
                fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                with open(self.path, encoding="utf-8") as file:
                    token = json.load(file)
            except FileNotFoundError:
                raise LoginNeeded("there is no token yet") from None
            if renew or self.now() >= token["expires_at"]:
                if not token.get("refresh_token"):
                    raise LoginNeeded("the token has expired and there is no refresh token")
                token = self._obtain(grant_type="refresh_token", refresh_token=token["refresh_token"])
        return token

    def _obtain(self, **form):
        asked_at = self.now()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.basic:
            pair = f"{quote_plus(self.id)}:{quote_plus(self.secret or '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self.id} | ({"client_secret": self.secret} if self.secret else {})
        status, body = self._send("POST", self.endpoints["token"], headers, urlencode(form))
        try:
            answer = json.loads(body)
            if status >= 400 and status < 500 and "error" in answer:
                raise OAuthError(answer["error"], answer.get("error_description", ""))
            lifetime = float(answer["expires_in"])  # a number, or the string that some providers send
            token = {"access_token": answer["access_token"], "expires_at": asked_at + lifetime,
                     "refresh_token": answer.get("refresh_token", form.get("refresh_token"))}
        except (ValueError, KeyError, TypeError):
            raise NoAnswer(f"no usable answer from the token endpoint (HTTP {status})") from None
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(token, file)
        os.replace(self.path + ".new", self.path)  # all or nothing, should this process be killed here
        return token

    def _send(self, method, url, headers, body):
        request = urllib.request.Request(url, None if body is None else body.encode(), headers, method=method)
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read()
        except (OSError, urllib.error.URLError) as error:
            raise NoAnswer(f"{type(error).__name__}: {getattr(error, 'reason', error)}") from error
