"""exact-online-sdk's own ways, as the pinned version shows them: observations, not wishes."""

import unittest

from .support import FOLDER, REDIRECT_URI, START, AdapterCase, refusal, tokens


class ExactOnlineSdk(AdapterCase):
    script = FOLDER / "exact_online_sdk_adapter.py"

    def get(self, adapter):
        return adapter.ask("call", method="GET", url=f"{self.provider.url}/api/v1/current/Me")

    def test_client_credentials_go_by_basic_whatever_the_registration_says(self):
        for method in ("client_secret_post", "client_secret_basic"):
            with self.subTest(method):
                adapter = self.logged_in(authentication=method)
                self.provider.token_answers.append(tokens(2))
                self.assertEqual(adapter.ask("refresh"), {"result": "done"})
                request = self.provider.token_requests[-1]
                self.assertEqual(request["headers"]["authorization"], "Basic e2MxfTpzM2NyZXQ=")
                self.assertNotIn("client_secret", request["form"])

    def test_a_wrong_state_is_refused_without_a_token_request(self):
        adapter = self.started()
        self.authorize(adapter)
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state=wrong")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "state_mismatch"))
        self.assertEqual(self.provider.token_requests, [])

    def test_clock_answers_the_time_that_the_library_reads(self):
        self.move(self.started(), 86_400 * 400 + 0.25)

    def test_the_stored_token_is_not_readable_without_the_key(self):
        self.logged_in()
        stored = (self.storage / "token.json.enc").read_bytes()
        self.assertNotIn(b"at1", stored)

    def test_it_refreshes_from_one_minute_before_the_end(self):
        adapter = self.logged_in()
        self.move(adapter, 539.999)
        self.get(adapter)
        self.assertEqual(self.provider.token_requests, [])
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 540)
        self.get(adapter)
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_token_tells_when_the_stored_token_ends(self):
        self.assertEqual(self.logged_in().ask("token"), {"result": "token", "expires_at": START + 600})

    def test_another_process_goes_on_with_what_one_has_stored(self):
        self.logged_in()
        self.get(self.started("b"))
        self.assertEqual(self.last_bearer(), "Bearer at1")

    def test_a_call_before_anybody_signed_in_asks_for_authorization(self):
        self.assertEqual(self.get(self.started())["kind"], "reauthorize")

    def test_a_401_from_the_resource_is_passed_on_without_a_refresh(self):
        adapter = self.logged_in()
        self.provider.resource_status = 401
        self.assertEqual(self.get(adapter)["status"], 401)
        self.assertEqual(self.provider.token_requests, [])

    def test_a_refusal_is_an_oauth_error_and_a_5xx_or_an_empty_answer_is_a_network_failure(self):
        adapter = self.logged_in()
        cases = [(refusal(400, "invalid_grant"), "oauth"), ((503, "<html>"), "network"), ((200, ""), "network")]
        for answer, kind in cases:
            with self.subTest(answer):
                self.provider.token_answers.append(answer)
                self.assertEqual(adapter.ask("refresh")["kind"], kind)

    def test_rows_in_an_array_are_not_seen_by_the_pages(self):
        adapter = self.logged_in()
        url = f"{self.provider.url}/api/v1/1/system/Users"
        for body, rows in (('{"d": {"results": [{}, {}]}}', 2), ('{"d": [{}, {}, {}]}', 0)):
            with self.subTest(body):
                self.provider.resource_body = body
                outcome = adapter.ask("call", method="GET", url=url, all_pages=True)
                self.assertEqual(outcome, {"result": "call", "status": 200, "rows": rows})

    def test_a_call_repeats_a_token_request_whose_answer_was_lost(self):
        adapter = self.logged_in()
        self.move(adapter, 601)
        self.provider.token_answers += [None, tokens(2)]
        self.assertEqual(self.get(adapter)["status"], 200)
        sent = [request["form"]["refresh_token"] for request in self.provider.token_requests]
        self.assertEqual(sent, [["Rt1!x"], ["Rt1!x"]])


if __name__ == "__main__":
    unittest.main()
