"""A client in Python, requests-oauthlib: exchanges a code, calls, refreshes twice and is refused a third time. Takes nothing but BASE, where the provider is."""

import json
import os
import sys

from requests_oauthlib import OAuth2Session

from provider import CALL, CLIENT, REDIRECT, SCOPE, SECRET, TOKEN

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the provider is on the loopback address
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"


def converse(base, profile, provider):
    scope = SCOPE[profile]
    session = OAuth2Session(CLIENT, redirect_uri=REDIRECT, scope=scope.split() if scope else None)
    session.trust_env = False
    known = {"client_id": CLIENT, "client_secret": SECRET}
    token = session.fetch_token(base + TOKEN[profile], code=provider.code(), include_client_id=True, client_secret=SECRET)
    old = token["refresh_token"]
    session.get(base + CALL[profile]).raise_for_status()
    for _ in range(2):
        provider.advance("9m 31s")
        session.refresh_token(base + TOKEN[profile], **known)
    provider.advance("9m 31s")
    if profile == "entra":
        # Used tokens stay good here; what the user revokes does not.
        provider.order("/change", json.dumps({"account": {"event": "revoked_by_user"}}))
    try:
        session.refresh_token(base + TOKEN[profile], refresh_token=old, **known)
    except Exception as error:  # what class it is depends on the answer
        print(f"{profile}: refused, {type(error).__name__}", file=sys.stderr)
    else:
        raise SystemExit("the old token was not refused")
