"""requests-oauthlib's own ways, as the pinned version shows them.

These are observations, not wishes: a name says what the library does today. One that fails after an update means that
the library changed, and that its known failures are to be looked at again.
"""

import unittest

from .contract import Contract
from .support import FOLDER, REDIRECT_URI, refusal, tokens


class RequestsOauthlib(Contract):
    script = FOLDER / "requests_oauthlib_adapter.py"

    def test_token_is_unsupported_for_the_library_has_no_word_for_it(self):
        adapter = self.logged_in()
        outcome = adapter.ask("token")
        self.assertEqual((outcome["result"], outcome["kind"]), ("error", "unsupported"))

    def test_a_refused_authorization_is_an_oauth_error(self):
        adapter = self.started()
        state = self.authorize(adapter)["state"]
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?error=access_denied&state={state}")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "access_denied"))
        self.assertEqual(self.provider.token_requests, [])

    def test_a_code_exchange_without_a_usable_answer_is_an_oauth_error_for_there_is_no_token_to_fall_back_on(self):
        adapter = self.started()
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append((503, "maintenance"))
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state={state}")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "missing_token"))

    def test_the_token_counts_as_usable_in_the_second_in_which_it_ends(self):
        adapter = self.logged_in()
        self.move(adapter, 600)
        self.call(adapter)
        self.assertEqual(self.provider.token_requests, [])
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 600.001)
        self.call(adapter)
        self.assertEqual(len(self.provider.token_requests), 1)

    def test_the_time_of_issue_is_rounded_up_from_half_a_second(self):
        adapter = self.started(now=1_636_941_600.6)
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(tokens(1))
        adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state={state}")
        self.assertEqual(self.stored()["expires_at"], 1_636_941_601 + 600)

    def test_a_401_from_the_resource_is_passed_on_without_a_refresh(self):
        adapter = self.logged_in()
        self.provider.resource_status = 401
        self.assertEqual(self.call(adapter)["status"], 401)
        self.assertEqual(self.provider.token_requests, [])

    def test_an_automatic_refresh_carries_an_argument_of_requests_as_a_form_field(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 601)
        self.call(adapter)
        self.assertEqual(self.provider.token_requests[-1]["form"]["allow_redirects"], ["True"])

    def test_without_a_refresh_token_it_asks_for_a_refresh_all_the_same(self):
        adapter = self.logged_in(first=tokens(1, refresh_token=None))
        self.provider.token_answers.append(refusal(400, "invalid_request"))
        self.move(adapter, 601)
        outcome = self.call(adapter)
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "invalid_request"))
        form = self.provider.token_requests[-1]["form"]
        self.assertEqual(form["grant_type"], ["refresh_token"])
        self.assertNotIn("refresh_token", form)

    def test_a_refresh_answer_without_lifetime_fails_the_call_after_the_new_token_was_stored(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(tokens(2, expires_in=None))
        self.move(adapter, 601)
        outcome = self.call(adapter)
        self.assertEqual((outcome["result"], outcome.get("code")), ("error", "token_expired"))
        self.assertEqual(self.stored()["access_token"], "at2")
        self.assertEqual(self.provider.resource_requests, [])

    def test_a_lifetime_that_is_no_whole_number_loses_the_new_tokens(self):
        adapter = self.logged_in()
        for lifetime in ("600.0", "soon", ["600"]):
            with self.subTest(lifetime):
                self.provider.token_answers.append(tokens(2, expires_in=lifetime))
                outcome = adapter.ask("refresh")
                self.assertEqual(outcome["kind"], "bug")
                self.assertEqual(outcome["message"], "ValueError: expires_in must be an int")
                self.assertEqual(self.stored()["refresh_token"], "Rt1!x")

    def test_a_lifetime_of_nothing_means_for_ever(self):
        adapter = self.logged_in(first=tokens(1, expires_in="0"))
        self.move(adapter, 86_400 * 365)
        self.call(adapter)
        self.assertEqual(self.last_bearer(), "Bearer at1")

    def test_a_scope_that_differs_from_the_one_asked_for_loses_the_tokens(self):
        adapter = self.started(scope="mail.read offline_access")
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(tokens(1, scope="mail.read"))
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state={state}")
        self.assertEqual(outcome["kind"], "bug")
        self.assertIn("Warning: Scope has changed", outcome["message"])
        self.assertFalse((self.storage / "token.json").exists())

    def test_a_token_answer_that_is_json_but_no_object_is_an_undocumented_error(self):
        adapter = self.logged_in()
        for body in ("null", "600"):
            with self.subTest(body):
                self.provider.token_answers.append((200, body))
                outcome = adapter.ask("refresh")
                self.assertEqual(outcome["kind"], "bug")
                self.assertIn("TypeError", outcome["message"])

    def test_the_status_of_a_token_answer_is_not_looked_at(self):
        adapter = self.logged_in()
        self.provider.token_answers.append((500, tokens(2)[1]))
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


del Contract  # its tests run under RequestsOauthlib's name only

if __name__ == "__main__":
    unittest.main()
