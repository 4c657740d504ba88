/**
 * @quantix-ict/exact-online behind the adapter protocol, configured for production: it knows no other way.
 *
 * Written as its README tells an application to be written: `getLoginUrl`, `connect`, `initialize`, `request`. Nothing is
 * repaired here. The library keeps its tokens below the system's folder for temporary files, so that folder is the storage.
 */

import { createRequire } from "node:module";

import "./idp_adapter/proxy.js";
import { Failure, rootWords, serve, versionOf } from "./idp_adapter/index.js";

// The module build does not load (it imports a folder); the other one does.
const { Exact } = createRequire(import.meta.url)("@quantix-ict/exact-online");

const API = "https://start.exactonline.nl/api/v1/";

class QuantixExactOnline {
  hello() {
    return {
      adapter: { name: "quantix-exact-online", version: "1.0.0" },
      library: {
        name: "@quantix-ict/exact-online",
        version: versionOf("@quantix-ict/exact-online"),
        language: "JavaScript",
        issues: "https://github.com/Quantix-IT/exact-online/issues",
      },
      capabilities: ["authorization_code", "call", "refresh", "shared_store", "clock"],
    };
  }

  configure({ client, storage }) {
    process.env.TMPDIR = storage;
    try {
      this.exact = new Exact({ clientId: client.id, clientSecret: client.secret, redirectUri: client.redirect_uri });
    } catch (error) {
      // A configuration that the library itself refuses never gets as far as the provider.
      throw new Failure("unsupported", error.message);
    }
  }

  authorize() {
    return this.exact.getLoginUrl({});
  }

  async callback({ url }) {
    const answer = new URL(url).searchParams;
    const code = answer.get("code");
    if (code === null) throw new Failure("oauth", "there is no code in the answer", answer.get("error"));
    await this.exact.connect(code);
  }

  async call({ method, url, headers, body }) {
    const resource = new URL(url);
    const [division, ...path] = resource.href.slice(API.length).split("?")[0].split("/");
    if (!resource.href.startsWith(API) || path.length === 0) throw new Failure("unsupported", "only resources below /api/v1/");
    // As the README begins: a process that has not signed its user in looks for tokens first.
    if (!this.exact.connected) await this.exact.initialize();
    const answer = await this.exact.request({
      endpoint: `/${path.join("/")}`,
      params: Object.fromEntries(resource.searchParams),
      division,
      method,
      headers,
      payload: body === undefined ? null : JSON.parse(body),
    });
    // The library gives the data alone, and throws for most refusals.
    return { status: 200, body: JSON.stringify(answer) };
  }

  async refresh() {
    await this.exact.refreshTokens();
  }

  explain(error) {
    // It throws plain errors that differ in their text alone.
    if (/^EXACT: (Not connected|Invalid (access|refresh) token)\.$/.test(error.message)) {
      return new Failure("reauthorize", error.message);
    }
    // What becomes of `error` in a token answer: the library looks for a text in it that only resources send.
    if (error.message === "EXACT: undefined") return new Failure("oauth", error.message);
    if (error.message.startsWith("EXACT: ") || error instanceof SyntaxError || error.message === "fetch failed") {
      return new Failure("network", rootWords(error));
    }
    return undefined;
  }
}

await serve(new QuantixExactOnline());
