"""Authlib's own ways, as the pinned version shows them.

These are observations, not wishes: a name says what the library does today. One that fails after an update means that
the library changed, and that its known failures are to be looked at again.
"""

import unittest

from .contract import Contract
from .support import FOLDER, REDIRECT_URI, refusal, tokens


class Authlib(Contract):
    script = FOLDER / "authlib_adapter.py"

    def test_token_tells_when_the_stored_token_ends(self):
        adapter = self.logged_in()
        self.assertEqual(adapter.ask("token"), {"result": "token", "expires_at": 1_636_942_200})

    def test_token_refreshes_first_when_it_must(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 601)
        self.assertEqual(adapter.ask("token"), {"result": "token", "expires_at": 1_636_942_200 + 601})

    def test_it_refreshes_from_one_minute_before_the_end(self):
        adapter = self.logged_in()
        self.move(adapter, 540)
        self.call(adapter)
        self.assertEqual(self.provider.token_requests, [])
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 540.001)
        self.call(adapter)
        self.assertEqual(len(self.provider.token_requests), 1)

    def test_a_refused_early_refresh_fails_the_call_although_the_token_is_still_good(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(
            refusal(400, "access_denied", "Rate limit exceeded: access_token not expired")
        )
        self.move(adapter, 550)
        outcome = self.call(adapter)
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "access_denied"))
        self.assertEqual(self.provider.resource_requests, [])

    def test_a_401_from_the_resource_is_passed_on_without_a_refresh(self):
        adapter = self.logged_in()
        self.provider.resource_status = 401
        self.assertEqual(self.call(adapter)["status"], 401)
        self.assertEqual(self.provider.token_requests, [])

    def test_a_refused_authorization_becomes_a_client_credentials_request(self):
        adapter = self.started()
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(tokens(7, refresh_token=None))
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?error=access_denied&state={state}")
        self.assertEqual(self.provider.token_requests[-1]["form"]["grant_type"], ["client_credentials"])
        self.assertEqual(outcome, {"result": "done"}, "and is taken for a login when the provider has that grant")
        self.assertEqual(self.stored()["access_token"], "at7")

    def test_a_refused_authorization_is_not_compared_by_state(self):
        adapter = self.started()
        self.authorize(adapter)
        self.provider.token_answers.append(refusal(400, "unsupported_grant_type"))
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?error=access_denied&state=wrong")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "unsupported_grant_type"))

    def test_an_expired_token_without_refresh_token_asks_for_authorization(self):
        adapter = self.logged_in(first=tokens(1, refresh_token=None))
        self.move(adapter, 601)
        self.assertEqual(self.call(adapter)["kind"], "reauthorize")
        self.assertEqual(self.provider.token_requests, [])

    def test_a_refresh_on_demand_without_refresh_token_is_sent_all_the_same(self):
        adapter = self.logged_in(first=tokens(1, refresh_token=None))
        self.provider.token_answers.append(refusal(400, "invalid_request"))
        self.assertEqual(adapter.ask("refresh")["code"], "invalid_request")
        self.assertNotIn("refresh_token", self.provider.token_requests[-1]["form"])

    def test_an_answer_without_access_token_takes_the_place_of_the_stored_token_for_good(self):
        adapter = self.logged_in()
        self.provider.token_answers.append((200, '{"fault": {"faultstring": "Failed to execute"}}'))
        self.move(adapter, 601)
        for attempt in ("first", "second"):
            with self.subTest(attempt):
                outcome = self.call(adapter)
                self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "unsupported_token_type"))
        self.assertEqual(len(self.provider.token_requests), 1, "it does not try again")
        self.assertEqual(set(self.stored()), {"fault", "refresh_token"})

    def test_a_refresh_answer_without_lifetime_is_used(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(tokens(2, expires_in=None))
        self.move(adapter, 601)
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_a_lifetime_that_is_no_whole_number_loses_the_new_tokens(self):
        adapter = self.logged_in()
        for lifetime in ("600.0", "soon"):
            with self.subTest(lifetime):
                self.provider.token_answers.append(tokens(2, expires_in=lifetime))
                outcome = adapter.ask("refresh")
                self.assertEqual(outcome["kind"], "bug")
                self.assertIn("ValueError: invalid literal for int()", outcome["message"])
                self.assertEqual(self.stored()["refresh_token"], "Rt1!x")

    def test_a_lifetime_of_nothing_means_for_ever(self):
        for lifetime in (0, None):
            with self.subTest(lifetime):
                adapter = self.logged_in(first=tokens(1, expires_in=lifetime))
                self.move(adapter, 86_400 * 365)
                self.call(adapter)
                self.assertEqual(self.last_bearer(), "Bearer at1")

    def test_a_lifetime_of_nothing_in_a_string_ends_at_once(self):
        adapter = self.logged_in(first=tokens(1, expires_in="0"))
        self.provider.token_answers.append(tokens(2))
        self.call(adapter)
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_a_token_answer_that_is_json_but_no_object_is_a_network_failure(self):
        adapter = self.logged_in()
        for body in ("null", "600"):
            with self.subTest(body):
                self.provider.token_answers.append((200, body))
                self.assertEqual(adapter.ask("refresh")["kind"], "network")

    def test_a_status_below_500_of_a_token_answer_is_not_looked_at(self):
        adapter = self.logged_in()
        self.provider.token_answers.append((404, tokens(2)[1]))
        self.assertEqual(adapter.ask("refresh"), {"result": "done"})
        self.assertEqual(self.stored()["access_token"], "at2")

    def test_a_redirected_token_request_is_sent_again_with_secret_and_refresh_token(self):
        adapter = self.logged_in()
        elsewhere = self.provider.url.replace("127.0.0.1", "localhost")
        self.provider.token_answers += [(307, "", {"Location": f"{elsewhere}/token2"}), tokens(2)]
        self.assertEqual(adapter.ask("refresh"), {"result": "done"})
        form = self.provider.token_requests[-1]["form"]
        self.assertEqual((form["client_secret"], form["refresh_token"]), (["s3cret"], ["Rt1!x"]))

    def test_the_authorization_request_has_no_code_challenge(self):
        self.assertNotIn("code_challenge", self.authorize(self.started()))


del Contract  # its tests run under Authlib's name only

if __name__ == "__main__":
    unittest.main()
