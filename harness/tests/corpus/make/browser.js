// A person signs in with a real Chromium; Playwright writes the HAR, and so does the code of the browser's own developer tools.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const program = process.env.MOCK_IDP ?? fileURLToPath(new URL("../../../../target/debug/mock-idp", import.meta.url));
const captures = fileURLToPath(new URL("../captures/", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const tenant = "4a7c1f2e-9b35-4d68-8e01-6f2d3c5b7a90";

const asked = {
  "exact-online": ["/api/oauth2/auth", { }],
  entra: [`/${tenant}/oauth2/v2.0/authorize`, {
    scope: "openid offline_access https://graph.microsoft.com/User.Read", nonce: "n-1",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256",
  }],
};

async function provider(profile) {
  const settings = ["serve", "--profile", profile, "--port", "0", "--control-port", "0", "--frozen", "--start", "2026-03-02T09:00:00Z"];
  const child = spawn(program, settings, { stdio: ["ignore", "pipe", "inherit"] });
  const found = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, url] = /^(listening on|control API on) (http:\S+)$/.exec(line) ?? [];
    if (what) found[what] = url;
    if (Object.keys(found).length === 2) break;
  }
  child.stdout.resume();
  return { child, url: found["listening on"], control: found["control API on"] };
}

/** The code of the demo user's authenticator at the provider's time. */
async function totp(control) {
  const { now } = await (await fetch(`${control}/clock`)).json();
  const bits = [..."JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter));
  const key = Buffer.from(bits.map((value) => value.toString(2).padStart(5, "0")).join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.parse(now) / 30_000)));
  const tag = createHmac("sha1", key).update(step).digest();
  return String((tag.readUInt32BE(tag[tag.length - 1] & 0xf) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Goes where the client sends the browser, types a wrong password first, and fills in what each page asks for until the browser is back at the client. */
async function signIn(page, idp, profile) {
  const [path, more] = asked[profile];
  const fields = { response_type: "code", client_id: "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c", redirect_uri: "https://client.example/callback", state: "s-1", ...more };
  await page.goto(`${idp.url}${path}?${new URLSearchParams(fields)}`);
  let isBack = false;
  // Nobody is there: the last request of the capture has no answer, as where a client does not run.
  const back = page.waitForEvent("requestfailed", (request) => request.url().startsWith("https://client.example/")).then(() => { isBack = true; });
  const passwords = ["wrong", "correct horse battery staple"];
  for (let round = 0; round < 10 && !isBack; round += 1) {
    for (const field of await page.locator("main input:not([type=hidden]):not([type=checkbox])").all()) {
      const [id, kind] = [await field.getAttribute("id"), await field.getAttribute("type")];
      if (kind === "password") await field.fill(passwords.shift());
      else if (/user|name|login|mail/i.test(id)) await field.fill("john.doe@acme.example");
      else await field.fill(await totp(idp.control));
    }
    const allow = page.locator("#allow");
    const button = await allow.count() ? allow : page.locator("main button").first();
    await Promise.all([Promise.race([page.waitForEvent("load"), back]), button.click()]);
  }
  await back;
}

async function record(profile) {
  const idp = await provider(profile);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP client.example ~NOTFOUND"] });
  try {
    const path = `${captures}playwright-${profile}.har`;
    await rm(path, { force: true });
    const context = await browser.newContext({ recordHar: { path, content: "embed" } });
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    await signIn(page, idp, profile);
    await context.close();
  } finally {
    await browser.close();
    idp.child.kill();
  }
}

for (const profile of Object.keys(asked)) await record(profile);
