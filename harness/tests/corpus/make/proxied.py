"""The client of client.py through mitmproxy, which writes the HAR."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from client import converse
from provider import CAPTURES, Provider

MITMDUMP = Path(__file__).parent / ".venv/bin/mitmdump"


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def listens(port):
    with socket.socket() as it:
        return it.connect_ex(("127.0.0.1", port)) == 0


def capture(profile):
    out = CAPTURES / f"mitmproxy-{profile}.har"
    port = free_port()
    with Provider(profile) as provider:
        settings = ["--set", f"hardump={out}", "--set", "keep_host_header=false", "--listen-host", "127.0.0.1", "--listen-port", str(port), "--quiet"]
        proxy = subprocess.Popen([MITMDUMP, "--mode", f"reverse:{provider.url}", *settings])
        while not listens(port):
            time.sleep(0.05)
        try:
            converse(f"http://127.0.0.1:{port}", profile, provider)
        finally:
            proxy.send_signal(signal.SIGINT)
            proxy.wait()


for each in ("exact-online", "entra"):
    capture(each)
