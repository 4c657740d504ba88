"""An adapter whose library prints wherever it likes. Run by test_loop."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from idp_adapter import Client, VirtualClock, serve  # noqa: E402


class Noisy(Client):
    def hello(self):
        named = {"name": "noisy", "version": "1"}
        return {"adapter": named, "library": named | {"language": "Python"}, "capabilities": ["call"]}

    def configure(self, configuration):
        print("printed by Python")
        os.write(1, b"written below Python\n")
        subprocess.run([sys.executable, "-c", "print('printed by a child')"], check=True)

    def call(self, method, url, headers, body):
        bodies = {"long": b"a" * 65536, "too-long": b"a" * 65537, "binary": b"\xff", "text": "ü".encode()}
        return 200, bodies[url]

    def authorize(self):
        raise LookupError("no\nway")

    def explain(self, error):
        return None


clock = VirtualClock()
clock.install()
sys.exit(serve(Noisy(), clock))
