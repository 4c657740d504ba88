"""docs/adapter-protocol.md says what the adapters do."""

import json
import unittest

from .support import EXAMPLE, FOLDER, START, AdapterCase

# Without a browser, and at mail servers; the example does not declare them.
_OTHERS = {"grant", "device", "poll", "mail"}
GUIDE = FOLDER.parents[2] / "docs" / "adapter-protocol.md"


def example_lines():
    """Every line of the protocol that the guide shows, with the marks of a conversation taken off."""
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        if line.removeprefix("> ").removeprefix("< ").startswith("{"):
            yield json.loads(line.removeprefix("> ").removeprefix("< "))


class Guide(AdapterCase):
    script = EXAMPLE / "adapter.py"

    def test_the_adapter_in_the_guide_is_the_one_that_is_tested(self):
        text = (EXAMPLE / "adapter.py").read_text(encoding="utf-8")
        self.assertIn(f"```python\n{text}```\n", GUIDE.read_text(encoding="utf-8"))

    def test_every_request_in_the_guide_is_one_that_the_example_knows(self):
        shown = [message["command"] for message in example_lines() if "command" in message]
        operations = {command["op"] for command in shown}
        self.assertEqual(
            operations, {"hello", "configure", "authorize", "callback", "call", "refresh", "token", "clock", "quit"} | _OTHERS
        )
        for command in shown:
            if command["op"] not in {"hello", "configure", "call"} | _OTHERS:  # these name what is not there, or what it does not declare
                with self.subTest(command["op"]):
                    outcome = self.started().ask(**command)
                    self.assertNotEqual(outcome.get("kind"), "unsupported", outcome)

    def test_the_hello_of_the_conversation_is_the_example_s_own(self):
        shown = next(message["outcome"] for message in example_lines() if message.get("type") == "reply")
        self.assertEqual(shown, self.start().ask("hello", protocol="1.0"))

    def test_the_configurations_in_the_guide_have_the_fields_that_the_tests_use(self):
        for message in example_lines():
            command = message.get("command", {})
            if command.get("op") == "configure":
                known = set(self.configuration(now=START)) | {"op", "ca_file"}
                self.assertLessEqual(set(command), known)
                self.assertLessEqual(known - {"ca_file"}, set(command))

    def test_each_manifest_names_a_client_that_says_the_same_name(self):
        for path in [*FOLDER.glob("*.yaml"), EXAMPLE / "manifest.yaml"]:
            with self.subTest(path.name):
                fields = dict(line.split(": ", 1) for line in path.read_text(encoding="utf-8").splitlines())
                self.assertLessEqual({"name", "command", "about"}, set(fields))
                self.script = path.parent / fields["command"].strip("[]").split(", ")[-1]
                self.assertEqual(self.start().ask("hello", protocol="1.0")["adapter"]["name"], fields["name"])


if __name__ == "__main__":
    unittest.main()
