"""MSAL Python's own ways, as the pinned version shows them: observations, not wishes."""

import base64
import json
import unittest

from .authority import context
from .entra import EntraCase, tokens
from .support import FOLDER, REDIRECT_URI, START, refusal


class Msal(EntraCase):
    script = FOLDER / "msal_adapter.py"

    @classmethod
    def setUpClass(cls) -> None:
        cls.tls, cls.ca, folder = context()
        cls.addClassCleanup(folder.cleanup)

    def signed_in(self, **client):
        adapter = self.started(**client)
        asked = self.authorize(adapter)
        self.provider.token_answers.append(tokens(1, START, asked["nonce"]))
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state={asked['state']}")
        self.assertEqual(outcome, {"result": "done"})
        self.provider.token_requests.clear()
        return adapter

    def test_hello_and_clock(self):
        hello = self.start().ask("hello", protocol="1.4")
        self.assertEqual((hello["protocol"], hello["adapter"]["name"]), ("1.4", "msal"))
        self.move(self.started(), 86_400 * 400 + 0.25)

    def test_the_request_asks_for_what_the_library_adds_by_itself_once(self):
        asked = self.authorize(self.started())
        self.assertEqual(sorted(asked["scope"].split()), ["User.Read", "offline_access", "openid", "profile"])
        self.assertEqual(asked["code_challenge_method"], "S256")

    def test_a_wrong_state_is_refused_without_a_token_request(self):
        adapter = self.started()
        self.authorize(adapter)
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state=wrong")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "state_mismatch"))
        self.assertEqual(self.provider.token_requests, [])

    def test_a_refused_sign_in_is_its_error_without_what_changes_on_every_run(self):
        adapter = self.started()
        state = self.authorize(adapter)["state"]
        url = f"{REDIRECT_URI}?error=access_denied&error_description=AADSTS65004%3A+Declined.+Trace+ID%3A+1&state={state}"
        expected = {"result": "error", "kind": "oauth", "message": "AADSTS65004: Declined.", "code": "access_denied"}
        self.assertEqual(adapter.ask("callback", url=url), expected)

    def test_it_refreshes_when_less_than_five_minutes_are_left(self):
        adapter = self.signed_in()
        self.move(adapter, 3300)
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual(self.provider.token_requests, [])
        self.provider.token_answers.append(tokens(2, START))
        self.move(adapter, 3300.001)
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual(self.provider.token_requests[-1]["form"]["refresh_token"], ["rt1"])
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_another_process_goes_on_with_the_cache(self):
        self.signed_in()
        self.assertEqual(self.call(self.started("b"))["status"], 200)
        self.assertEqual(self.last_bearer(), "Bearer at1")

    def test_nobody_signed_in_and_a_refused_refresh_ask_for_authorization(self):
        self.assertEqual(self.call(self.started())["kind"], "reauthorize")
        adapter = self.signed_in()
        self.provider.token_answers.append(refusal(400, "invalid_grant"))
        self.assertEqual(adapter.ask("refresh")["kind"], "reauthorize")

    def test_a_400_is_remembered_for_a_minute(self):
        adapter = self.signed_in()
        self.provider.token_answers += [refusal(400, "invalid_grant"), tokens(2, START)]
        for seconds, result in ((0, "error"), (59, "error"), (60, "done")):
            with self.subTest(seconds):
                self.move(adapter, seconds)
                self.assertEqual(adapter.ask("refresh")["result"], result)

    def test_a_503_and_an_answer_that_is_no_json_are_network_failures(self):
        for answer in ((503, "<html>"), (429, "Too Many Requests", {"Retry-After": "60"}), None):
            with self.subTest(answer):
                adapter = self.signed_in()
                self.provider.token_answers += [answer] * 2  # the connection is tried again by itself
                self.assertEqual(adapter.ask("refresh")["kind"], "network")
                self.provider.token_answers.clear()

    def test_a_challenge_is_answered_once_with_its_claims(self):
        adapter = self.signed_in(capabilities=["cp1"])
        claims = {"access_token": {"nbf": {"essential": True, "value": "1"}}}
        encoded = base64.b64encode(json.dumps(claims).encode()).decode()
        self.provider.resource_status = 401
        field = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
        self.provider.resource_headers = {"WWW-Authenticate": field}
        self.provider.token_answers.append(tokens(2, START))
        self.assertEqual(self.call(adapter)["status"], 401)
        sent = json.loads(self.provider.token_requests[-1]["form"]["claims"][0])
        self.assertEqual(sent["access_token"], claims["access_token"] | {"xms_cc": {"values": ["cp1"]}})
        self.assertEqual((len(self.provider.token_requests), self.last_bearer()), (1, "Bearer at2"))

    def test_a_challenge_that_needs_a_person_is_in_the_next_authorization_request(self):
        adapter = self.signed_in()
        encoded = base64.b64encode(b'{"access_token":{}}').decode().rstrip("=")
        self.provider.resource_status = 401
        self.provider.resource_headers = {"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{encoded}"'}
        self.provider.token_answers.append(refusal(400, "invalid_grant"))
        self.assertEqual(self.call(adapter)["kind"], "reauthorize")
        self.assertEqual(json.loads(self.authorize(adapter)["claims"]), {"access_token": {}})

    def test_a_client_acts_for_itself_with_the_token_that_it_has(self):
        adapter = self.started(scope="https://graph.microsoft.com/.default")
        self.provider.token_answers.append(tokens(1, START, scope=None, refresh_token=None, id_token=None, client_info=None))
        for _ in range(2):
            self.assertEqual(adapter.ask("grant", grant="client_credentials"), {"result": "done"})
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual(len(self.provider.token_requests), 1)

    def test_a_password_and_the_token_of_a_caller_are_grants(self):
        for grant, fields in (("password", {"user_name": "u", "password": "p"}), ("on_behalf_of", {"assertion": "a"})):
            with self.subTest(grant):
                adapter = self.started()
                self.provider.token_answers.append(tokens(1, START))
                self.assertEqual(adapter.ask("grant", grant=grant, **fields), {"result": "done"})

    def test_a_device_polls_by_the_interval_until_there_are_tokens(self):
        adapter = self.started(secret=None, authentication="none")
        expected = {"result": "device", "user_code": "ABCD-EFGH", "verification_uri": "https://microsoft.com/devicelogin"}
        self.assertEqual(adapter.ask("device"), expected)
        self.provider.token_answers += [refusal(400, "authorization_pending"), tokens(1, START)]
        self.assertEqual(self.pass_time(adapter, START), ({"result": "done"}, START + 5))

    def test_a_device_gives_up_by_its_own_clock_or_by_the_error(self):
        adapter = self.started(secret=None, authentication="none")
        adapter.ask("device")
        self.provider.token_answers += [refusal(400, "authorization_pending")] * 2
        outcome, _ = self.pass_time(adapter, START, 901)
        self.assertEqual(outcome["kind"], "reauthorize")
        self.provider.token_answers[:] = [refusal(400, "authorization_declined")]
        adapter.ask("device")
        outcome, _ = self.pass_time(adapter, START)
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "authorization_declined"))


if __name__ == "__main__":
    unittest.main()
