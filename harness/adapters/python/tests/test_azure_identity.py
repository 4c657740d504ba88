"""azure-identity's own ways, as the pinned version shows them: observations, not wishes."""

import base64
import json
import unittest

from .authority import context
from .entra import EntraCase, tokens
from .support import FOLDER, REDIRECT_URI, START, refusal


class AzureIdentity(EntraCase):
    script = FOLDER / "azure_identity_adapter.py"

    @classmethod
    def setUpClass(cls) -> None:
        cls.tls, cls.ca, folder = context()
        cls.addClassCleanup(folder.cleanup)

    def signed_in(self, **client):
        adapter = self.started(**client)
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(tokens(1, START))
        self.assertEqual(adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state={state}"), {"result": "done"})
        return adapter

    def test_hello_and_clock(self):
        hello = self.start().ask("hello", protocol="1.4")
        self.assertEqual((hello["protocol"], hello["adapter"]["name"]), ("1.4", "azure-identity"))
        self.move(self.started(), 86_400 * 400 + 0.25)

    def test_a_state_is_good_for_one_answer(self):
        adapter = self.started()
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(tokens(1, START))
        url = f"{REDIRECT_URI}?code=c&state={state}"
        self.assertEqual(adapter.ask("callback", url=url), {"result": "done"})
        self.assertEqual(adapter.ask("callback", url=url)["code"], "state_mismatch")
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual(len(self.provider.token_requests), 1)

    def test_a_call_before_anybody_signed_in_asks_for_authorization(self):
        self.assertEqual(self.call(self.started())["kind"], "reauthorize")

    def test_it_refreshes_when_five_minutes_are_left_and_token_says_when_that_is(self):
        adapter = self.signed_in()
        self.assertEqual(adapter.ask("token"), {"result": "token", "expires_at": START + 3600})
        self.move(adapter, 3239)  # the policy's five minutes, less up to one by chance
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual(len(self.provider.token_requests), 1)
        self.provider.token_answers.append(tokens(2, START))
        self.move(adapter, 3361)
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual(self.provider.token_requests[-1]["form"]["refresh_token"], ["rt1"])
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_after_a_refused_refresh_there_is_nothing_left(self):
        adapter = self.signed_in()
        self.move(adapter, 3601)
        self.provider.token_answers.append(refusal(400, "invalid_grant", "AADSTS50173: Revoked. Trace ID: 1"))
        outcome = self.call(adapter)
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "invalid_grant"))
        self.assertNotIn("Trace ID", outcome["message"])
        self.assertEqual(self.call(adapter)["kind"], "reauthorize")
        self.assertEqual(len(self.provider.token_requests), 2)

    def test_it_tries_a_503_again_and_waits_for_what_a_429_asks(self):
        adapter = self.signed_in()
        self.move(adapter, 3601)
        self.provider.token_answers += [(503, "{}")] * 2 + [(429, "Too Many Requests", {"Retry-After": "60"})]
        outcome = self.call(adapter)
        self.assertEqual((outcome["kind"], outcome["message"]), ("throttled", "the library would sleep for 60 seconds"))
        self.assertEqual(len(self.provider.token_requests), 4)
        self.move(adapter, 3660.75)
        self.assertEqual(self.call(adapter)["message"], "the library would sleep for 0.25 seconds")
        self.assertEqual(len(self.provider.token_requests), 4)
        self.provider.token_answers.append(tokens(2, START))
        self.move(adapter, 3661)
        self.assertEqual(self.call(adapter)["status"], 200)

    def test_a_429_of_the_resource_is_an_answer(self):
        adapter = self.signed_in()
        self.provider.resource_status = 429
        self.provider.resource_headers = {"Retry-After": "10"}
        self.assertEqual(self.call(adapter)["status"], 429)
        self.assertEqual(len(self.provider.resource_requests), 1)

    def test_no_answer_is_a_network_failure(self):
        adapter = self.signed_in()
        self.move(adapter, 3601)
        self.provider.token_answers += [None] * 8
        self.assertEqual(self.call(adapter)["kind"], "network")

    def test_a_challenge_is_answered_with_its_claims_beside_a_capability_in_capitals(self):
        adapter = self.signed_in(capabilities=["cp1"])
        claims = {"access_token": {"nbf": {"essential": True, "value": "1"}}}
        encoded = base64.b64encode(json.dumps(claims).encode()).decode()
        self.provider.resource_status = 401
        self.provider.resource_headers = {"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{encoded}"'}
        self.provider.token_answers.append(tokens(2, START))
        self.assertEqual(self.call(adapter)["status"], 401)
        sent = json.loads(self.provider.token_requests[-1]["form"]["claims"][0])
        self.assertEqual(sent["access_token"], claims["access_token"] | {"xms_cc": {"values": ["CP1"]}})

    def test_grants_without_a_browser_sign_in_once(self):
        public = {"secret": None, "authentication": "none"}
        cases = [("client_credentials", {}, {}), ("on_behalf_of", {"assertion": "a"}, {})]
        for grant, fields, client in [*cases, ("password", {"user_name": "u", "password": "p"}, public)]:
            with self.subTest(grant):
                adapter = self.started(**client)
                nobody = {"scope": None, "refresh_token": None, "id_token": None, "client_info": None}
                answer = tokens(1, START, **(nobody if grant == "client_credentials" else {}))
                self.provider.token_answers.append(answer)
                self.assertEqual(adapter.ask("grant", grant=grant, **fields), {"result": "done"})
                self.assertEqual(self.call(adapter)["status"], 200)
                refused = self.started(**client).ask("grant", grant=grant, **fields)
                self.assertEqual(refused["kind"], "network", refused)

    def test_a_credential_is_for_one_kind_of_client(self):
        confidential, public = self.started(), self.started(secret=None, authentication="none")
        self.assertEqual(confidential.ask("device")["kind"], "unsupported")
        self.assertEqual(confidential.ask("grant", grant="password", user_name="u", password="p")["kind"], "unsupported")
        self.assertEqual(public.ask("grant", grant="client_credentials")["kind"], "unsupported")

    def test_a_device_shows_its_codes_before_it_polls(self):
        adapter = self.started(secret=None, authentication="none")
        expected = {"result": "device", "user_code": "ABCD-EFGH", "verification_uri": "https://microsoft.com/devicelogin"}
        self.assertEqual(adapter.ask("device"), expected)
        self.assertEqual(self.provider.token_requests, [])
        self.provider.token_answers += [refusal(400, "authorization_pending"), tokens(1, START)]
        self.assertEqual(self.pass_time(adapter, START), ({"result": "done"}, START + 5))
        self.assertEqual(self.call(adapter)["status"], 200)

    def test_a_declined_device_is_an_oauth_error(self):
        adapter = self.started(secret=None, authentication="none")
        adapter.ask("device")
        self.provider.token_answers.append(refusal(400, "authorization_declined"))
        outcome, _ = self.pass_time(adapter, START)
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "authorization_declined"))


if __name__ == "__main__":
    unittest.main()
