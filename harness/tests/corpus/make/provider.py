"""Starts mock-idp with a clock that stands still, and talks to its control API."""

import json
import os
import re
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
MOCK_IDP = os.environ.get("MOCK_IDP", ROOT / "target/debug/mock-idp")
CAPTURES = ROOT / "harness/tests/corpus/captures"

CLIENT = "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c"
SECRET = "demo-client-secret"
REDIRECT = "https://client.example/callback"
TENANT = "4a7c1f2e-9b35-4d68-8e01-6f2d3c5b7a90"

TOKEN = {"exact-online": "/api/oauth2/token", "entra": f"/{TENANT}/oauth2/v2.0/token"}
CALL = {"exact-online": "/api/v1/current/Me?$select=CurrentDivision", "entra": "/v1.0/me"}
SCOPE = {"exact-online": None, "entra": "https://graph.microsoft.com/User.Read offline_access openid"}


class Provider:
    def __init__(self, profile):
        self.profile = profile
        command = [MOCK_IDP, "serve", "--profile", profile, "--port", "0", "--control-port", "0", "--frozen", "--start", "2026-03-02T09:00:00Z"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        found = {}
        for line in self.process.stdout:
            if match := re.match(r"(listening on|control API on) (http:\S+)$", line):
                found[match[1]] = match[2]
            if len(found) == 2:
                break
        self.url, self.control = found["listening on"].rstrip("/"), found["control API on"].rstrip("/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def order(self, path, body):
        with urllib.request.urlopen(urllib.request.Request(self.control + path, data=body.encode(), method="POST")) as answer:
            return answer.read().decode()

    def advance(self, by):
        self.order("/clock/advance", json.dumps({"by": by}))

    def code(self):
        scope = SCOPE[self.profile]
        return self.order("/code", urllib.parse.urlencode({"scope": scope}) if scope else "").strip()
