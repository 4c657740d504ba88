// A person signs in with a real browser, through every factor.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import jsQR from "jsqr";
import { PNG } from "pngjs";
import { inspect, name, open, password, person } from "./person.js";
import { start } from "./provider.js";

let browser;
before(async () => { browser = await open(); });
after(async () => { await browser?.close(); });

const demoSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/** Runs a test with a provider of its own. */
function at(what, settings, run) {
  test(what, async () => {
    const provider = await start(...settings);
    try {
      await run(provider);
    } finally {
      provider.stop();
    }
  });
}

const codeOnTime = ["--profile", "code-on-time"];
const withCodeOnTime = (run) => async (provider) => {
  provider.authorization = "/oauth2/v2/auth";
  await run(provider);
};

async function signIn(somebody) {
  await somebody.fill({ "user-name": name, password });
}

at("password, authenticator and consent, without JavaScript", ["--profile", "rfc"], async (provider) => {
  const somebody = await person(browser, { javaScript: false });
  await somebody.sentBy(provider);
  await somebody.fill({ "user-name": name, password: "wrong" });
  await somebody.see(/The user name or password is incorrect\./);
  await signIn(somebody);
  await somebody.fill({ totp: await provider.totp(demoSecret) });
  await somebody.see(/Acme Bookkeeping asks for access/);
  await somebody.press("allow");
  const { code, state, iss } = somebody.result();
  assert.ok(code);
  assert.deepEqual([state, iss], ["s 1", provider.url]);
});

at("every page can be read and used", codeOnTime, withCodeOnTime(async (provider) => {
  const somebody = await person(browser);
  await somebody.sentBy(provider);
  await inspect(somebody, "password");
  await somebody.fill({ "user-name": name, password: "wrong" });
  await inspect(somebody, "password-wrong");
  await signIn(somebody);
  await inspect(somebody, "second-factor");
  await somebody.fill({ code: "000000" });
  await inspect(somebody, "second-factor-wrong");
  await somebody.fill({ code: await provider.totp(demoSecret) });
  await inspect(somebody, "consent");
  await somebody.press("allow");
  await somebody.sentBy(provider, { prompt: "select_account" });
  await inspect(somebody, "account-picker");
  await somebody.page.goto(`${provider.url}/account/second-factor`);
  await inspect(somebody, "set-up-code");
  await somebody.sentBy(provider, { redirect_uri: "https://evil.example/" });
  await inspect(somebody, "error");
}));

at("consent is refused", codeOnTime, withCodeOnTime(async (provider) => {
  const somebody = await person(browser);
  await somebody.sentBy(provider);
  await signIn(somebody);
  await somebody.fill({ code: await provider.totp(demoSecret) });
  await somebody.press("refuse");
  assert.equal(somebody.result().error, "access_denied");
}));

/** Signs in without a second factor and goes to the set-up page. */
async function atSetUp(provider) {
  await provider.order("/change", { totp_secret: {} });
  const somebody = await person(browser);
  await somebody.sentBy(provider);
  await signIn(somebody);
  await somebody.press("allow");
  await somebody.page.goto(`${provider.url}/account/second-factor`);
  await inspect(somebody, "set-up-password");
  await somebody.fill({ password });
  await inspect(somebody, "set-up");
  return somebody;
}

/** What an authenticator app makes of the picture on the screen. */
async function scan({ page }) {
  const picture = PNG.sync.read(Buffer.from(await (await page.$("#qr-code")).screenshot()));
  const found = jsQR(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  assert.ok(found, "the QR code can be read from the screen");
  return new URL(found.data);
}

at("a second factor is set up by scanning, and used with a trusted device", codeOnTime, withCodeOnTime(async (provider) => {
  const somebody = await atSetUp(provider);
  await somebody.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const uri = await scan(somebody);
  assert.equal(uri.protocol, "otpauth:");
  const asked = Object.fromEntries(uri.searchParams);
  assert.deepEqual([asked.issuer, asked.algorithm, asked.digits, asked.period], ["Code On Time", "SHA1", "6", "30"]);
  assert.match(decodeURIComponent(uri.pathname), /Code On Time:john\.doe@acme\.example$/);
  const codes = await somebody.page.$$eval("#backup-codes li", (items) => items.map((item) => item.textContent));
  assert.equal(codes.length, 10);
  await somebody.press("enable");
  await inspect(somebody, "set-up-confirm");
  await somebody.fill({ code: codes[0] });
  await somebody.see(/incorrect/);
  await somebody.fill({ code: await provider.totp(asked.secret) });
  await somebody.see(/Two-factor authentication is on\./);

  await provider.order("/clock/advance", { by: "30s" });
  const elsewhere = await person(browser);
  await elsewhere.sentBy(provider);
  await signIn(elsewhere);
  await elsewhere.check("trust");
  await elsewhere.fill({ code: await provider.totp(asked.secret) });
  await elsewhere.press("allow");
  assert.ok(elsewhere.result().code);
  await elsewhere.sentBy(provider, { prompt: "login" });
  await signIn(elsewhere);
  await elsewhere.press("allow");
  assert.ok(elsewhere.result().code, "no code is asked for on a trusted device");

  const lost = await person(browser);
  await lost.sentBy(provider);
  await signIn(lost);
  await lost.fill({ code: codes[1] });
  await lost.press("allow");
  assert.ok(lost.result().code, "a backup code stands for a lost authenticator");
}));

at("a second factor is set up by typing the key, and by e-mail", codeOnTime, withCodeOnTime(async (provider) => {
  const somebody = await atSetUp(provider);
  const key = await somebody.page.$eval("#setup-key", (node) => node.textContent);
  assert.match(key, /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  assert.equal(await somebody.page.$eval("#app", (box) => box.checked), true, "what is offered is chosen");
  await somebody.press("enable");
  await somebody.fill({ code: await provider.totp(key) });
  await somebody.see(/Two-factor authentication is on\./);

  const elsewhere = await person(browser);
  await elsewhere.sentBy(provider);
  await signIn(elsewhere);
  await elsewhere.see(/j\*\*\*@acme\.example/);
  await elsewhere.press("send");
  const mail = await provider.ask("/outbox");
  assert.equal(mail.at(-1).to, name);
  await elsewhere.fill({ code: mail.at(-1).code });
  await elsewhere.press("allow");
  assert.ok(elsewhere.result().code);
}));

at("too many wrong codes lock the account until it is unlocked", codeOnTime, withCodeOnTime(async (provider) => {
  const somebody = await person(browser);
  await somebody.sentBy(provider);
  await signIn(somebody);
  for (let tries = 0; tries < 5; tries += 1) await somebody.fill({ code: "000000" });
  await somebody.fill({ code: await provider.totp(demoSecret) });
  await somebody.see(/This account is locked/);
  await inspect(somebody, "locked");
  await provider.order("/change", { unlocked: {} });
  await somebody.fill({ code: await provider.totp(demoSecret) });
  await somebody.see(/Allow access\?/);
}));

at("an account is picked, or another one is used", ["--profile", "rfc"], async (provider) => {
  const somebody = await person(browser);
  await somebody.sentBy(provider);
  await signIn(somebody);
  await somebody.fill({ totp: await provider.totp(demoSecret) });
  await somebody.press("allow");
  await somebody.sentBy(provider, { prompt: "select_account" });
  await somebody.press("account-1");
  assert.ok(somebody.result().code);
  await somebody.sentBy(provider, { prompt: "select_account", login_hint: "\"><b>x" });
  await somebody.press("another-account");
  assert.equal(await somebody.page.$eval("#user-name", (field) => field.value), "\"><b>x");
  assert.equal(await somebody.page.$("main b"), null);
});

for (const javaScript of [true, false]) {
  at(`a form goes back to the client ${javaScript ? "by itself" : "by a button, without JavaScript"}`, ["--profile", "rfc"], async (provider) => {
    const somebody = await person(browser, { javaScript });
    await somebody.sentBy(provider, { response_mode: "form_post", response_type: "code id_token", nonce: "n", state: "\"><script>alert(1)</script>" });
    await signIn(somebody);
    await somebody.fill({ totp: await provider.totp(demoSecret) });
    await somebody.press("allow");
    if (javaScript) {
      await somebody.page.waitForFunction(() => document.title === "client");
    } else {
      await somebody.press("continue");
    }
    const { code, id_token: idToken, state } = somebody.result();
    assert.ok(code && idToken);
    assert.equal(state, "\"><script>alert(1)</script>");
  });
}

at("a person connects a device and signs out", ["--profile", "rfc"], async (provider) => {
  const body = new URLSearchParams({ client_id: "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c", client_secret: "demo-client-secret", scope: "openid" });
  const device = await (await fetch(`${provider.url}/device-authorization`, { method: "POST", body })).json();
  const somebody = await person(browser);
  await somebody.page.goto(device.verification_uri);
  await inspect(somebody, "device");
  await somebody.fill({ "user-code": device.user_code.toLowerCase() });
  await signIn(somebody);
  await somebody.fill({ totp: await provider.totp(demoSecret) });
  await somebody.press("allow");
  await somebody.see(/Your device is connected\./);
  await inspect(somebody, "message");
  await somebody.page.goto(`${provider.url}/end-session`);
  await inspect(somebody, "sign-out");
  await somebody.press("sign-out");
  await somebody.see(/You are signed out\./);
});
