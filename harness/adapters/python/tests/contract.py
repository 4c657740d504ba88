"""What every adapter here does, whatever its library: run against each of them."""

from .support import REDIRECT_URI, START, AdapterCase, refusal, tokens


class Contract(AdapterCase):
    """Mixed into one test case per adapter; not collected by itself."""

    def test_hello_says_who_is_there(self):
        outcome = self.start().ask("hello", protocol="1.0")
        self.assertEqual(
            set(outcome), {"result", "protocol", "adapter", "library", "capabilities", "clock"}, "no other fields"
        )
        self.assertEqual((outcome["result"], outcome["protocol"], outcome["clock"]), ("hello", "1.4", "inject"))
        self.assertEqual(set(outcome["library"]) - {"issues"}, {"name", "version", "language"})
        everywhere = {"authorization_code", "call", "refresh", "shared_store", "clock"}
        self.assertLessEqual(everywhere, set(outcome["capabilities"]))

    def test_an_unknown_operation_is_unsupported(self):
        outcome = self.started().ask("levitate")
        self.assertEqual((outcome["result"], outcome["kind"]), ("error", "unsupported"))

    def test_an_operation_before_configure_is_an_error_and_not_the_end(self):
        adapter = self.start()
        self.assertEqual(adapter.ask("authorize")["result"], "error")
        self.assertEqual(adapter.ask("hello", protocol="1.0")["result"], "hello")

    def test_quit_is_answered_before_the_process_leaves_with_status_0(self):
        adapter = self.started()
        self.assertEqual(adapter.ask("quit"), {"result": "done"})
        self.assertEqual(adapter.leave()[0], 0)

    def test_the_end_of_stdin_ends_the_process_with_status_0(self):
        adapter = self.started()
        adapter.close_stdin()
        self.assertEqual(adapter.leave()[0], 0)

    def test_clock_answers_the_time_that_the_library_reads_to_the_millisecond(self):
        adapter = self.started()
        for now in (START, START + 0.25, START + 86_400 * 400):
            self.assertEqual(adapter.ask("clock", now=now), {"result": "clock", "now": now})

    def test_the_authorization_request_names_client_and_redirect_uri_and_has_a_new_state_each_time(self):
        adapter = self.started()
        first, second = self.authorize(adapter), self.authorize(adapter)
        self.assertEqual(first["response_type"], "code")
        self.assertEqual(first["client_id"], "{c1}")
        self.assertEqual(first["redirect_uri"], REDIRECT_URI)
        self.assertNotIn("scope", first, "the provider takes none")
        self.assertNotEqual(first["state"], second["state"])

    def test_the_authorization_request_asks_for_the_configured_scope(self):
        self.assertEqual(self.authorize(self.started(scope="mail.read offline"))["scope"], "mail.read offline")

    def test_a_percent_encoded_code_is_decoded_once(self):
        adapter = self.started()
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(tokens(1))
        url = f"{REDIRECT_URI}?code=stampNL001.Xy12%21IAAA%2525&state={state}"
        self.assertEqual(adapter.ask("callback", url=url), {"result": "done"})
        request = self.provider.token_requests[-1]
        self.assertEqual(request["form"]["code"], ["stampNL001.Xy12!IAAA%25"])
        self.assertEqual(request["form"]["grant_type"], ["authorization_code"])
        self.assertEqual(request["form"]["redirect_uri"], [REDIRECT_URI])
        self.assertEqual(request["headers"]["content-type"].split(";")[0], "application/x-www-form-urlencoded")

    def test_a_wrong_state_is_refused_without_a_token_request(self):
        adapter = self.started()
        self.authorize(adapter)
        for query in ("code=c&state=wrong", "code=c"):
            with self.subTest(query):
                outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?{query}")
                self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "state_mismatch"))
        self.assertEqual(self.provider.token_requests, [])

    def test_a_callback_that_nobody_asked_for_is_refused(self):
        outcome = self.started().ask("callback", url=f"{REDIRECT_URI}?code=c&state=s")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "state_mismatch"))
        self.assertEqual(self.provider.token_requests, [])

    def test_a_refused_code_is_an_oauth_error_with_its_code(self):
        adapter = self.started()
        state = self.authorize(adapter)["state"]
        self.provider.token_answers.append(refusal(400, "invalid_grant", "invalid or empty chainId"))
        outcome = adapter.ask("callback", url=f"{REDIRECT_URI}?code=c&state={state}")
        self.assertEqual((outcome["result"], outcome["kind"], outcome["code"]), ("error", "oauth", "invalid_grant"))
        self.assertIn("chainId", outcome["message"])

    def test_client_credentials_go_where_the_registration_says(self):
        basic = "Basic e2MxfTpzM2NyZXQ="  # {c1}:s3cret
        cases = [
            ("client_secret_post", "s3cret", None, ["{c1}"], ["s3cret"]),
            ("client_secret_basic", "s3cret", basic, None, None),
            ("none", None, None, ["{c1}"], None),
        ]
        for method, secret, authorization, client_id, client_secret in cases:
            with self.subTest(method):
                adapter = self.logged_in(authentication=method, secret=secret)
                self.provider.token_answers += [tokens(2), tokens(3)]
                self.assertEqual(adapter.ask("refresh"), {"result": "done"})
                self.move(adapter, 601)
                self.assertEqual(self.call(adapter)["result"], "call")
                for request in self.provider.token_requests:
                    self.assertEqual(self.basic(request), authorization)
                    self.assertEqual(request["form"].get("client_id"), client_id)
                    self.assertEqual(request["form"].get("client_secret"), client_secret)

    @staticmethod
    def basic(request):
        """The Authorization field of a token request, to compare."""
        return request["headers"].get("authorization")

    def test_a_call_carries_the_token_and_answers_whatever_the_status_was(self):
        adapter = self.logged_in()
        for status in (200, 404, 401, 429):
            with self.subTest(status):
                self.provider.resource_status = status
                expected = {"result": "call", "status": status, "body": '{"path": "/api/me"}'}
                self.assertEqual(self.call(adapter), expected)
                self.assertEqual(self.last_bearer(), "Bearer at1")

    def test_a_call_passes_method_headers_and_body_on(self):
        adapter = self.logged_in()
        url = f"{self.provider.url}/api/x"
        adapter.ask("call", method="PUT", url=url, headers={"If-Match": "*"}, body='{"a": "ü"}')
        seen = self.provider.resource_requests[-1]
        self.assertEqual((seen["method"], seen["headers"]["if-match"], seen["body"]), ("PUT", "*", '{"a": "ü"}'))

    def test_a_lifetime_given_as_a_string_is_understood(self):
        adapter = self.logged_in(first=tokens(1, expires_in="600"))
        self.provider.token_answers.append(tokens(2))
        self.call(adapter)
        self.assertEqual(self.provider.token_requests, [], "nothing to refresh yet")
        self.move(adapter, 601)
        self.call(adapter)
        self.assertEqual(len(self.provider.token_requests), 1)
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_an_automatic_refresh_stores_its_heir(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(tokens(2))
        self.move(adapter, 601)
        self.assertEqual(self.call(adapter)["status"], 200)
        self.assertEqual((self.stored()["access_token"], self.stored()["refresh_token"]), ("at2", "Rt2!x"))

    def test_refresh_sends_the_stored_refresh_token_and_stores_its_heir(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(tokens(2))
        self.assertEqual(adapter.ask("refresh"), {"result": "done"})
        form = self.provider.token_requests[-1]["form"]
        self.assertEqual((form["grant_type"], form["refresh_token"]), (["refresh_token"], ["Rt1!x"]))
        self.assertEqual(self.stored()["refresh_token"], "Rt2!x")

    def test_a_refresh_answer_without_refresh_token_keeps_the_old_one(self):
        adapter = self.logged_in()
        self.provider.token_answers.append(tokens(2, refresh_token=None))
        self.assertEqual(adapter.ask("refresh"), {"result": "done"})
        self.assertEqual(self.stored()["refresh_token"], "Rt1!x")

    def test_a_refused_refresh_is_an_oauth_error_and_leaves_the_store_alone(self):
        adapter = self.logged_in()
        before = self.stored()
        self.provider.token_answers.append(refusal(401, "unauthorized_client", "Old refresh token used."))
        outcome = adapter.ask("refresh")
        self.assertEqual((outcome["kind"], outcome["code"]), ("oauth", "unauthorized_client"))
        self.assertIn("Old refresh token used.", outcome["message"])
        self.assertEqual(self.stored(), before)

    def test_no_usable_answer_is_a_network_failure_and_leaves_the_store_alone(self):
        adapter = self.logged_in()
        before = self.stored()
        cases = [
            ("closed without an answer", None),
            ("a page instead of JSON", (503, "<html>Server maintenance</html>")),
            ("an empty answer", (200, "")),
            ("text", (400, "Bad Request")),
            ("a gateway fault", (500, '{"fault":{"faultstring":"Failed to execute"}}')),
        ]
        for name, answer in cases:
            with self.subTest(name):
                self.provider.token_answers.append(answer)
                outcome = adapter.ask("refresh")
                self.assertEqual((outcome["result"], outcome["kind"]), ("error", "network"), outcome)
                self.assertNotIn("code", outcome)
                self.assertEqual(self.stored(), before)

    def test_a_refused_connection_is_a_network_failure_whose_text_is_the_same_each_time(self):
        adapter = self.logged_in()
        self.provider.close()
        first, second = adapter.ask("refresh"), adapter.ask("refresh")
        self.assertEqual((first["result"], first["kind"]), ("error", "network"))
        self.assertEqual(first, second)
        self.assertNotIn("0x", first["message"])

    def test_without_a_token_a_call_asks_for_authorization(self):
        outcome = self.call(self.started())
        self.assertEqual((outcome["result"], outcome["kind"]), ("error", "reauthorize"))
        self.assertEqual(self.provider.resource_requests, [])

    def test_a_second_worker_uses_what_the_first_has_stored(self):
        first = self.logged_in("a")
        second = self.started("b")
        self.provider.token_answers.append(tokens(2))
        self.assertEqual(first.ask("refresh"), {"result": "done"})
        self.call(second)
        self.assertEqual(self.last_bearer(), "Bearer at2")

    def test_a_killed_worker_starts_again_from_the_store(self):
        first = self.logged_in()
        first.kill()
        self.call(self.started())
        self.assertEqual(self.last_bearer(), "Bearer at1")
