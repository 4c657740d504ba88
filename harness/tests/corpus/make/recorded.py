"""curl before `idp-harness record`, which writes the HAR: what a shell script does that takes the tokens out of the answers with sed."""

import os
import subprocess
from pathlib import Path

from provider import CALL, CAPTURES, CLIENT, REDIRECT, ROOT, SECRET, TOKEN, Provider

HARNESS = os.environ.get("IDP_HARNESS", ROOT / "target/debug/idp-harness")
SCRIPT = Path(__file__).with_name("client.sh")


def capture(profile):
    with Provider(profile) as provider:
        out = CAPTURES / f"recorded-{profile}.har"
        known = {
            "CONTROL": provider.control, "CODE": provider.code(), "TOKEN": TOKEN[profile], "CALL": CALL[profile], "CLIENT": CLIENT, "SECRET": SECRET, "REDIRECT": REDIRECT,
            "PROFILE": profile,
        }
        command = [HARNESS, "record", "--force", "--upstream", provider.url, "--out", out, "--", "sh", SCRIPT]
        subprocess.run(command, env={**os.environ, **known}, check=True, stdout=subprocess.DEVNULL)


for each in ("exact-online", "entra"):
    capture(each)
