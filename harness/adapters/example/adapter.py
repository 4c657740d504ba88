#!/usr/bin/env python3
"""A whole adapter: lets the harness drive the client beside it. Everything it needs comes with Python."""

import json, sys

from client import Client, LoginNeeded, NoAnswer, OAuthError

HELLO = {"result": "hello", "protocol": "1.4", "clock": "inject",
         "adapter": {"name": "example", "version": "1.0.0"},
         "library": {"name": "example", "version": "1.0.0", "language": "Python"},
         "capabilities": ["authorization_code", "call", "refresh", "token", "shared_store", "clock"]}
KINDS = {LoginNeeded: "reauthorize", OAuthError: "oauth", NoAnswer: "network"}
replies, sys.stdout = sys.stdout, sys.stderr  # a stray print must not end up between the replies
client, now = None, 0.0


def say(message):
    print(json.dumps(message), file=replies, flush=True)  # one line, at once: the harness waits for it


def configure(command):
    global client, now
    now = command["now"]
    registration = {"secret": None, "scope": None} | command["client"]
    client = Client(endpoints=command["endpoints"], storage=command["storage"], ca_file=command.get("ca_file"),
                    now=lambda: now, waits=lambda: say({"type": "event", "event": {"kind": "waiting", "on": "lock"}}),
                    **registration)


def answer(op, command):
    global now
    if op == "hello":
        return HELLO
    if op == "configure":
        configure(command)
    elif op == "authorize":
        return {"result": "authorize", "url": client.authorization_url()}
    elif op == "callback":
        client.redeem(command["url"])
    elif op == "call":
        headers, body = command.get("headers", {}), command.get("body")
        status, body = client.request(command["method"], command["url"], headers, body)
        return {"result": "call", "status": status, "body": body.decode("utf-8", "replace")[:16384]}
    elif op == "refresh":
        client.token(renew=True)
    elif op == "token":
        return {"result": "token", "expires_at": client.token()["expires_at"]}
    elif op == "clock":
        now = command["now"]
        return {"result": "clock", "now": client.now()}
    elif op != "quit":
        return {"result": "error", "kind": "unsupported", "message": f"unknown operation {op!r}"}
    return {"result": "done"}


for line in sys.stdin:
    request = json.loads(line)
    op = request["command"]["op"]
    try:
        outcome = answer(op, request["command"])
    except Exception as error:
        outcome = {"result": "error", "kind": KINDS.get(type(error), "bug"), "message": str(error) or repr(error)}
        if isinstance(error, OAuthError):
            outcome |= {"code": error.args[0], "message": error.args[1]}
    say({"type": "reply", "id": request["id"], "outcome": outcome})
    if op == "quit":
        break
