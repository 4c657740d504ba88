"""The line loop, without a library behind it."""

import unittest
from pathlib import Path

from .support import AdapterCase


class Loop(AdapterCase):
    script = Path(__file__).with_name("noisy_adapter.py")

    def test_what_is_printed_goes_to_stderr_whoever_prints_it(self):
        adapter = self.started()
        adapter.ask("quit")
        status, errors = adapter.leave()
        self.assertEqual(status, 0)
        for text in ("printed by Python", "written below Python", "printed by a child"):
            self.assertIn(text, errors)

    def test_a_body_is_passed_on_when_it_is_text_of_at_most_64_kib(self):
        adapter = self.started()
        cases = [("text", "ü"), ("long", "a" * 65536), ("too-long", None), ("binary", None)]
        for url, body in cases:
            with self.subTest(url):
                outcome = adapter.ask("call", method="GET", url=url)
                self.assertEqual((outcome["status"], outcome.get("body")), (200, body))

    def test_an_undocumented_exception_is_a_bug_with_its_class_and_its_trace_on_stderr(self):
        adapter = self.started()
        expected = {"result": "error", "kind": "bug", "message": "LookupError: no\nway"}
        self.assertEqual(adapter.ask("authorize"), expected)
        adapter.ask("quit")
        self.assertIn("Traceback", adapter.leave()[1])

    def test_an_operation_that_is_not_written_is_unsupported(self):
        adapter = self.started()
        for op in ("refresh", "token", "device", "poll"):
            with self.subTest(op):
                self.assertEqual(adapter.ask(op)["kind"], "unsupported")

    def test_a_grant_that_is_not_written_or_not_known_is_unsupported(self):
        adapter = self.started()
        asked = [{"grant": "client_credentials"}, {"grant": "on_behalf_of", "assertion": "a"}, {"grant": "levitation"}]
        for fields in [*asked, {"grant": "password", "user_name": "u", "password": "p"}]:
            with self.subTest(fields):
                self.assertEqual(adapter.ask("grant", **fields)["kind"], "unsupported")

    def test_requests_sent_at_once_are_answered_one_by_one_in_their_order(self):
        adapter = self.started()
        for _ in range(3):
            adapter.send("call", method="GET", url="text")
        self.assertEqual([adapter.read_message()["id"] for _ in range(3)], [3, 4, 5])

    def test_a_line_that_is_no_request_ends_the_process_with_another_status_than_0(self):
        adapter = self.started()
        adapter.send_line(b"certainly not JSON")
        status, errors = adapter.leave()
        self.assertNotEqual(status, 0)
        self.assertIn("JSONDecodeError", errors)


if __name__ == "__main__":
    unittest.main()
