// A person with a browser.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env.CHROMIUM ?? known.find((path) => existsSync(path));

export const name = "john.doe@acme.example";
export const password = "correct horse battery staple";
const client = "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c";
// The example of RFC 7636 appendix B.
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

export async function open() {
  assert.ok(executablePath, "there is no Chromium: install it, or name it in CHROMIUM");
  return puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A browser of its own, with cookies of its own. What it sends to the client is kept and never leaves. */
export async function person(browser, { javaScript = true } = {}) {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.setJavaScriptEnabled(javaScript);
  await page.setRequestInterception(true);
  const back = [];
  page.on("request", (request) => {
    if (!request.url().startsWith("https://client.example/")) return request.continue();
    const url = new URL(request.url());
    // A browser looks for an icon of its own accord.
    if (url.pathname === "/callback") back.push({ url, posted: request.postData() });
    return request.respond({ contentType: "text/html", body: "<!doctype html><title>client</title>" });
  });
  return new Person(page, back);
}

class Person {
  constructor(page, back) {
    Object.assign(this, { page, back });
  }

  /** Goes where the client sends the browser. */
  async sentBy(provider, more = {}) {
    const path = provider.authorization ?? "/authorize";
    const fields = { response_type: "code", client_id: client, redirect_uri: "https://client.example/callback", state: "s 1",
      scope: "openid", code_challenge: challenge, code_challenge_method: "S256", ...more };
    this.back.length = 0;
    await this.page.goto(`${provider.url}${path}?${new URLSearchParams(fields)}`);
  }

  /** Types into fields by id, and presses a button by id. */
  async fill(fields, button = "continue") {
    for (const [id, text] of Object.entries(fields)) {
      await this.page.$eval(`#${id}`, (field) => { field.value = ""; });
      await this.page.type(`#${id}`, text);
    }
    await this.press(button);
  }

  async press(id) {
    await Promise.all([this.page.waitForNavigation(), this.page.click(`#${id}`)]);
  }

  async check(id) {
    await this.page.click(`label[for=${id}]`);
    assert.equal(await this.page.$eval(`#${id}`, (box) => box.checked), true, "a click on the label checks the box");
  }

  text() {
    return this.page.$eval("main", (main) => main.textContent);
  }

  /** The parameters that came back to the client. */
  result() {
    assert.equal(this.back.length, 1, "the browser is back at the client");
    const [{ url, posted }] = this.back;
    return Object.fromEntries(posted ? new URLSearchParams(posted) : url.searchParams);
  }

  async see(words) {
    assert.match(await this.text(), words);
  }
}

/** What every page must be: labelled, narrow enough for a telephone, readable in both colour schemes. Kept as pictures where asked for. */
export async function inspect({ page }, what) {
  const faults = await page.evaluate(() => {
    const found = [];
    if (!document.documentElement.lang || !document.title) found.push("no language or title");
    if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
    for (const field of document.querySelectorAll("input:not([type=hidden])")) {
      if (field.labels.length === 0) found.push(`${field.id} has no label`);
    }
    for (const thing of document.querySelectorAll("input:not([type=hidden]), button")) if (!thing.id) found.push("no id");
    const message = document.querySelector("#message.wrong");
    if (message && !document.querySelector("[aria-describedby=message]") && document.querySelector("input:not([type=hidden], [type=checkbox])")) {
      found.push("the message is tied to no field");
    }
    return found;
  });
  assert.deepEqual(faults, [], what);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const width of [320, 1024]) {
      await page.setViewport({ width, height: 800 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${what}: ${wide} wide at ${width}`);
      if (process.env.SCREENSHOTS) {
        await mkdir(process.env.SCREENSHOTS, { recursive: true });
        await writeFile(`${process.env.SCREENSHOTS}/${what}-${scheme}-${width}.png`, await page.screenshot({ fullPage: true }));
      }
    }
    const low = await page.evaluate(() => {
      const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
      const light = (colour) => {
        const [r, g, b] = parts(colour).map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (node) => {
        for (let at = node; at; at = at.parentElement) {
          const colour = getComputedStyle(at).backgroundColor;
          if ((parts(colour)[3] ?? 1) > 0) return colour;
        }
        return "rgb(255, 255, 255)";
      };
      return [...document.querySelectorAll("h1, h2, p, label, button, a, code, legend")].flatMap((node) => {
        const [one, other] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
        const ratio = (one + 0.05) / (other + 0.05);
        return ratio < 4.5 ? [`${node.tagName} ${ratio.toFixed(2)}`] : [];
      });
    });
    assert.deepEqual(low, [], `${what}, ${scheme}: contrast of WCAG 2.2 criterion 1.4.3`);
  }
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  await page.setViewport({ width: 1024, height: 800 });
}
