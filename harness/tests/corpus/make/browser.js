// A person signs in with a real Chromium; Playwright writes the HAR, and so does the code of the browser's own developer tools.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
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

const args = ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP client.example ~NOTFOUND"];

async function recordByPlaywright(profile) {
  const idp = await provider(profile);
  const browser = await chromium.launch({ executablePath, args });
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

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Runs in the developer tools: what their button for the export does, with the log of the network panel. */
async function exported(sanitize) {
  const [har, logs, common] = await Promise.all(["models/har/har.js", "models/logs/logs.js", "core/common/common.js"].map((name) => import(`/devtools/${name}`)));
  const progress = new common.Progress.CompositeProgress(new common.Progress.Progress());
  return har.Writer.Writer.harStringForRequests([...logs.NetworkLog.NetworkLog.instance().requests()], { sanitize }, progress);
}

/** Runs in the developer tools: "Preserve log". */
async function preserve() {
  const common = await import("/devtools/core/common/common.js");
  common.Settings.Settings.instance().moduleSetting("network-log.preserve-log").set(true);
}

/** The page that Chromium shows in place of an answer has 250 kB and is left out, the one thing that is changed. */
function withoutErrorPage(text) {
  const document = JSON.parse(text);
  for (const { response } of document.log.entries) if (response.status === 0) delete response.content.text;
  return JSON.stringify(document, null, 2);
}

async function recordByDevTools(profile) {
  const idp = await provider(profile);
  const port = await freePort();
  const browser = await chromium.launch({ executablePath, args: [...args, `--remote-debugging-port=${port}`, "--remote-allow-origins=*"] });
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto("about:blank#watched");
    const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const { id } = pages.find((it) => it.url === "about:blank#watched");
    const tools = await (await browser.newContext()).newPage();
    await tools.goto(`http://127.0.0.1:${port}/devtools/inspector.html?ws=127.0.0.1:${port}/devtools/page/${id}&panel=network`);
    await tools.waitForSelector(".tabbed-pane", { state: "attached" });
    await tools.evaluate(preserve);
    await signIn(page, idp, profile);
    await page.waitForURL("chrome-error://**");
    for (const [name, sanitize] of [["devtools", true], ["devtools-sensitive", false]]) {
      await writeFile(`${captures}${name}-${profile}.har`, withoutErrorPage(await tools.evaluate(exported, sanitize)));
    }
  } finally {
    await browser.close();
    idp.child.kill();
  }
}

for (const profile of Object.keys(asked)) {
  await recordByPlaywright(profile);
  await recordByDevTools(profile);
}
