/** What every adapter here does, whatever its library, and what each library's pinned version shows. */

import assert from "node:assert/strict";
import test from "node:test";

import { REDIRECT_URI, START, adapter, authorize, provider, tokens } from "./support.js";

const REAL = "https://start.exactonline.nl/api/oauth2";
const SCRIPTS = ["openid_client.js", "simple_oauth2.js", "quantix_exact_online.js", "msal_node.js"];

for (const script of SCRIPTS) {
  test(`${script}: hello says who is there`, async (t) => {
    const outcome = await adapter(t, script).ask("hello", { protocol: "1.0" });
    assert.deepEqual(Object.keys(outcome).sort(), ["adapter", "capabilities", "clock", "library", "protocol", "result"]);
    assert.match(outcome.library.version, /^\d+\.\d+/);
  });

  test(`${script}: what it does not know is unsupported, what comes too early an error, and neither the end`, async (t) => {
    const it = adapter(t, script);
    assert.equal((await it.ask("levitate")).kind, "unsupported");
    assert.equal((await it.ask("constructor")).kind, "unsupported");
    assert.equal((await it.ask("authorize")).kind, "bug");
    assert.equal((await it.ask("hello", { protocol: "1.0" })).result, "hello");
  });

  test(`${script}: quit is answered before the process leaves with status 0`, async (t) => {
    const it = adapter(t, script);
    assert.deepEqual(await it.ask("quit"), { result: "done" });
    assert.equal((await it.ended)[0], 0);
  });

  test(`${script}: clock answers the time that the library reads`, async (t) => {
    const it = adapter(t, script);
    await it.configure(REAL);
    for (const now of [START, START + 0.25, START + 86_400 * 400]) {
      assert.deepEqual(await it.ask("clock", { now }), { result: "clock", now });
    }
  });

  test(`${script}: a call before anybody signed in asks for authorization, and nothing is printed on stdout`, async (t) => {
    const it = adapter(t, script);
    await it.configure(REAL);
    const outcome = await it.ask("call", { method: "GET", url: "https://start.exactonline.nl/api/v1/current/Me" });
    assert.equal(outcome.kind, "reauthorize", JSON.stringify(outcome));
    if (script.startsWith("quantix")) assert.match(it.errors(), /EXACT WARNING/, "the library prints");
  });
}

for (const script of ["openid_client.js", "simple_oauth2.js"]) {
  test(`${script}: a wrong state is refused without a token request`, async (t) => {
    const it = adapter(t, script);
    await it.configure(REAL);
    const first = await authorize(it);
    const second = await authorize(it);
    assert.notEqual(first.state, second.state);
    assert.equal(first.scope, undefined, "the provider takes none");
    const outcome = await it.ask("callback", { url: `${REDIRECT_URI}?code=c&state=wrong` });
    assert.deepEqual([outcome.kind, outcome.code], ["oauth", "state_mismatch"], JSON.stringify(outcome));
  });

  test(`${script}: a refused authorization is an oauth error with its code`, async (t) => {
    const it = adapter(t, script);
    await it.configure(REAL);
    const { state } = await authorize(it);
    const outcome = await it.ask("callback", { url: `${REDIRECT_URI}?error=access_denied&state=${state}` });
    assert.deepEqual([outcome.kind, outcome.code], ["oauth", "access_denied"], JSON.stringify(outcome));
  });
}

test("openid-client sends a code challenge beside the state", async (t) => {
  const it = adapter(t, "openid_client.js");
  await it.configure(REAL);
  assert.equal((await authorize(it)).code_challenge_method, "S256");
});

test("openid-client refuses plain http", async (t) => {
  const it = adapter(t, "openid_client.js");
  const idp = await provider(t);
  await it.configure(idp.url);
  const outcome = await it.ask("authorize");
  assert.equal(outcome.result, "error");
  assert.match(outcome.message, /HTTPS/);
});

test("quantix knows one host, and sends no state", async (t) => {
  const it = adapter(t, "quantix_exact_online.js");
  await it.configure("https://elsewhere.example");
  const outcome = await it.ask("authorize");
  assert.ok(outcome.url.startsWith(`${REAL}/auth?`), outcome.url);
  assert.ok(!outcome.url.includes("state="), outcome.url);
});

/** simple-oauth2 after a sign-in. */
async function signedIn(t, client) {
  const idp = await provider(t);
  const it = adapter(t, "simple_oauth2.js");
  await it.configure(idp.url, client);
  const { state } = await authorize(it);
  idp.answers.push(tokens(1));
  const done = await it.ask("callback", { url: `${REDIRECT_URI}?code=Xy%21z&state=${state}` });
  assert.deepEqual(done, { result: "done" });
  const get = () => it.ask("call", { method: "GET", url: `${idp.url}/api/me` });
  return { idp, it, get };
}

test("simple-oauth2 decodes a code once and puts the secret where the registration says", async (t) => {
  const { idp } = await signedIn(t);
  assert.equal(idp.tokenRequests[0].form.code, "Xy!z");
  assert.equal(idp.tokenRequests[0].form.client_secret, "s3cret");
  const basic = await signedIn(t, { authentication: "client_secret_basic" });
  assert.equal(basic.idp.tokenRequests[0].form.client_secret, undefined);
  assert.match(basic.idp.tokenRequests[0].headers.authorization, /^Basic /);
});

test("simple-oauth2 refreshes when the token has ended and not before", async (t) => {
  const { idp, it, get } = await signedIn(t);
  await it.ask("clock", { now: START + 599.999 });
  assert.deepEqual(await get(), { result: "call", status: 200, body: '{"path":"/api/me"}' });
  assert.equal(idp.tokenRequests.length, 1);
  idp.answers.push(tokens(2));
  await it.ask("clock", { now: START + 600 });
  await get();
  assert.equal(idp.tokenRequests[1].form.refresh_token, "Rt1!x");
  assert.equal(idp.resourceRequests[1].headers.authorization, "Bearer at2");
});

test("simple-oauth2: a refusal is an oauth error; a 5xx, an answer without JSON and none are network failures", async (t) => {
  const { idp, it } = await signedIn(t);
  for (const [answer, kind] of [
    [[400, '{"error":"invalid_grant"}'], "oauth"],
    [[503, "<html>"], "network"],
    [[200, "<html>"], "network"],
    [null, "network"],
  ]) {
    idp.answers.push(answer);
    const outcome = await it.ask("refresh");
    assert.equal(outcome.kind, kind, JSON.stringify([answer, outcome]));
    assert.ok(!outcome.message.includes("127.0.0.1"), outcome.message);
  }
});

test("simple-oauth2 stumbles over an empty answer, and keeps its token", async (t) => {
  const { idp, it, get } = await signedIn(t);
  idp.answers.push([200, ""]);
  const outcome = await it.ask("refresh");
  assert.equal(outcome.kind, "bug");
  assert.match(outcome.message, /^TypeError: .*refresh_token/);
  assert.equal((await get()).status, 200);
});
