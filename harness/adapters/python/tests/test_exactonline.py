"""EORALP's own ways, as the pinned version shows them: observations, not wishes."""

import unittest

from .authority import context
from .support import FOLDER, REDIRECT_URI, START, AdapterCase, Provider, refusal, tokens


class ExactOnline(AdapterCase):
    script = FOLDER / "exactonline_adapter.py"

    @classmethod
    def setUpClass(cls) -> None:
        cls.tls, ca, folder = context()
        cls.addClassCleanup(folder.cleanup)
        cls.environment = AdapterCase.environment | {"SSL_CERT_FILE": ca}

    def make_provider(self) -> Provider:
        provider = Provider(self.tls)
        provider.resource_body = '{"d": {"results": [{"UserName": "john"}]}}'
        return provider

    def signed_in(self, now=START):
        """An adapter that has redeemed a code, without a state: it sends none."""
        adapter = self.started(now=now)
        self.provider.token_answers.append(tokens(1))
        self.assertEqual(adapter.ask("callback", url=f"{REDIRECT_URI}?code=Xy%21z"), {"result": "done"})
        return adapter

    def get(self, adapter):
        return adapter.ask("call", method="GET", url=f"{self.provider.url}/api/v1/current/Me")

    def test_the_authorization_request_has_no_state(self):
        asked = self.authorize(self.started())
        expected = {"client_id": "{c1}", "redirect_uri": REDIRECT_URI, "response_type": "code"}
        self.assertEqual(asked, expected)

    def test_any_code_is_redeemed_and_decoded_once(self):
        self.signed_in()
        form = self.provider.token_requests[-1]["form"]
        self.assertEqual((form["code"], form["client_secret"]), (["Xy!z"], ["s3cret"]))

    def test_a_refused_authorization_is_an_oauth_error_and_no_token_request(self):
        outcome = self.started().ask("callback", url=f"{REDIRECT_URI}?error=access_denied")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "access_denied"))
        self.assertEqual(self.provider.token_requests, [])

    def test_clock_answers_the_time_that_the_library_reads(self):
        adapter = self.started()
        self.move(adapter, 86_400 * 400 + 0.25)

    def test_a_call_gives_the_results_alone(self):
        outcome = self.get(self.signed_in())
        self.assertEqual(outcome, {"result": "call", "status": 200, "body": '[{"UserName": "john"}]'})
        self.assertEqual(self.last_bearer(), "Bearer at1")

    def test_it_refreshes_when_less_than_30_seconds_are_left(self):
        adapter = self.signed_in()
        self.move(adapter, 570)
        self.get(adapter)
        self.assertEqual(len(self.provider.token_requests), 1)
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 570.001)
        self.get(adapter)
        self.assertEqual(self.provider.token_requests[-1]["form"]["refresh_token"], ["Rt1!x"])
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_another_process_goes_on_with_what_one_has_stored(self):
        adapter = self.signed_in()
        self.provider.token_answers.append(tokens(2))
        self.assertEqual(adapter.ask("refresh"), {"result": "done"})
        self.get(self.started("b"))
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_a_call_before_anybody_signed_in_asks_for_authorization(self):
        self.assertEqual(self.get(self.started())["kind"], "reauthorize")
        self.assertEqual(self.provider.token_requests, [])

    def test_a_refusal_is_an_oauth_error_and_a_5xx_or_an_empty_answer_is_a_network_failure(self):
        adapter = self.signed_in()
        cases = [(refusal(400, "invalid_grant"), "oauth"), ((503, "<html>"), "network"), ((200, ""), "network")]
        for answer, kind in cases:
            with self.subTest(answer):
                self.provider.token_answers.append(answer)
                outcome = adapter.ask("refresh")
                self.assertEqual(outcome["kind"], kind, outcome)
                self.assertNotIn("s3cret", outcome["message"])
        self.provider.token_answers.append(None)
        self.assertEqual(adapter.ask("refresh")["kind"], "network")

    def test_a_401_from_the_resource_is_a_refresh_however_young_the_token_is(self):
        adapter = self.signed_in()
        self.provider.resource_status = 401
        self.provider.token_answers.append(tokens(2))
        self.assertEqual(self.get(adapter)["status"], 401)
        self.assertEqual(len(self.provider.token_requests), 2)

    def test_a_collection_is_counted_in_either_form(self):
        adapter = self.signed_in()
        url = f"{self.provider.url}/api/v1/1/system/Users"
        for body, rows in (('{"d": [{}, {}, {}]}', 3), ('{"d": {"results": [{}]}}', 1)):
            with self.subTest(body):
                self.provider.resource_body = body
                outcome = adapter.ask("call", method="GET", url=url, all_pages=True)
                self.assertEqual(outcome, {"result": "call", "status": 200, "rows": rows})

    def test_a_used_up_limit_is_waited_for_until_it_is_over(self):
        days = 86_400 * 400  # the library takes no limit that ends before December 2021
        adapter = self.signed_in(now=START + days)
        until = str(int((START + days + 30) * 1000))
        self.provider.resource_headers = {
            f"X-RateLimit-Minutely-{name}": value for name, value in (("Limit", "2"), ("Remaining", "0"), ("Reset", until))
        }
        self.assertEqual(self.get(adapter)["status"], 200)
        self.assertEqual(self.get(adapter)["kind"], "throttled")
        self.assertEqual(len(self.provider.resource_requests), 1)
        self.provider.resource_headers = {}
        self.move(adapter, days + 30.499)
        self.assertEqual(self.get(adapter)["kind"], "throttled")
        self.move(adapter, days + 30.5)
        self.assertEqual(self.get(adapter)["status"], 200)

    def test_header_fields_cannot_be_passed_on(self):
        outcome = self.signed_in().ask(
            "call", method="GET", url=f"{self.provider.url}/api/x", headers={"If-Match": "*"}
        )
        self.assertEqual(outcome["kind"], "unsupported")


if __name__ == "__main__":
    unittest.main()
