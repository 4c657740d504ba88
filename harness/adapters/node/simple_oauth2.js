/**
 * simple-oauth2 behind the adapter protocol.
 *
 * Written as its README tells an application to be written: `authorizeURL`, `getToken`, the token kept as JSON, `createToken`,
 * `expired()` and `refresh()`. Nothing is repaired here. Requests to resources are the application's own: the library makes none.
 */

import { randomBytes } from "node:crypto";

import { Failure, FileStore, rootWords, serve, versionOf } from "./idp_adapter/index.js";

const { AuthorizationCode } = (await import("simple-oauth2")).default;

// Milliseconds. The library waits for ever by default; a program in production does not.
const TIMEOUT = 20_000;

class SimpleOauth2 {
  hello() {
    return {
      adapter: { name: "simple-oauth2", version: "1.0.0" },
      library: {
        name: "simple-oauth2",
        version: versionOf("simple-oauth2"),
        language: "JavaScript",
        issues: "https://github.com/lelylan/simple-oauth2/issues",
      },
      capabilities: ["authorization_code", "call", "refresh", "shared_store", "clock"],
    };
  }

  configure({ endpoints, client, storage, worker }) {
    if (client.authentication === "none") throw new Failure("unsupported", "the library wants a client secret");
    const authorization = new URL(endpoints.authorization);
    const token = new URL(endpoints.token);
    this.client = new AuthorizationCode({
      client: { id: client.id, secret: client.secret },
      auth: {
        tokenHost: token.origin,
        tokenPath: token.pathname,
        authorizeHost: authorization.origin,
        authorizePath: authorization.pathname,
      },
      http: { timeout: TIMEOUT },
      options: { authorizationMethod: client.authentication === "client_secret_basic" ? "header" : "body" },
    });
    this.registration = client;
    this.store = new FileStore(storage, worker);
  }

  authorize() {
    const { redirect_uri, scope } = this.registration;
    // The library takes the state from the application and never sees it again.
    const state = randomBytes(18).toString("base64url");
    this.store.save("login", { state });
    return this.client.authorizeURL({ redirect_uri, state, ...(scope === undefined ? {} : { scope }) });
  }

  async callback({ url }) {
    const answer = new URL(url).searchParams;
    const login = this.store.load("login");
    if (login === null || answer.get("state") !== login.state) {
      throw new Failure("oauth", "the application does not know this state", "state_mismatch");
    }
    const code = answer.get("code");
    if (code === null) throw new Failure("oauth", "there is no code in the answer", answer.get("error"));
    const { redirect_uri, scope } = this.registration;
    const parameters = { code, redirect_uri, ...(scope === undefined ? {} : { scope }) };
    this.store.save("token", await this.client.getToken(parameters));
  }

  async call({ method, url, headers, body }) {
    let token = this.#token();
    if (token.expired()) token = await this.#renew(token);
    const authorized = { ...headers, Authorization: `Bearer ${token.token.access_token}` };
    const answer = await fetch(url, { method, headers: authorized, body, signal: AbortSignal.timeout(TIMEOUT) });
    return { status: answer.status, body: await answer.text() };
  }

  async refresh() {
    await this.#renew(this.#token());
  }

  explain(error) {
    if (error.isBoom) {
      const { statusCode } = error.output;
      const refused = error.data?.isResponseError && statusCode < 500;
      if (refused) return new Failure("oauth", error.message, error.data.payload?.error);
      return new Failure("network", error.message.replace(/(\d+\.){3}\d+:\d+/, "the provider"));
    }
    return error instanceof TypeError && error.message === "fetch failed" ? new Failure("network", rootWords(error)) : undefined;
  }

  #token() {
    const stored = this.store.load("token");
    if (stored === null) throw new Failure("reauthorize", "the application has no token");
    return this.client.createToken(stored);
  }

  async #renew(token) {
    const renewed = await token.refresh();
    this.store.save("token", renewed);
    return renewed;
  }
}

await serve(new SimpleOauth2());
