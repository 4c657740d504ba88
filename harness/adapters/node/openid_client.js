/**
 * openid-client behind the adapter protocol, configured for production.
 *
 * Written as its README tells an application to be written: a Configuration (made by hand, since the provider publishes no
 * metadata), PKCE and a state, `authorizationCodeGrant`, `refreshTokenGrant`, `fetchProtectedResource`. Nothing is repaired here.
 * When to refresh the library leaves to the application; this one does when `expiresIn()` has run out.
 */

import "./idp_adapter/proxy.js";
import { Failure, FileStore, rootWords, serve, versionOf } from "./idp_adapter/index.js";

import * as client from "openid-client";

const METHODS = {
  client_secret_post: client.ClientSecretPost,
  client_secret_basic: client.ClientSecretBasic,
  none: client.None,
};

class OpenidClient {
  hello() {
    return {
      adapter: { name: "openid-client", version: "1.0.0" },
      library: {
        name: "openid-client",
        version: `${versionOf("openid-client")} (oauth4webapi ${versionOf("oauth4webapi")})`,
        language: "JavaScript",
        issues: "https://github.com/panva/openid-client/issues",
      },
      capabilities: ["authorization_code", "call", "refresh", "shared_store", "clock"],
    };
  }

  configure({ endpoints, client: registration, storage, worker }) {
    const server = {
      issuer: new URL(endpoints.authorization).origin,
      authorization_endpoint: endpoints.authorization,
      token_endpoint: endpoints.token,
    };
    const authentication = METHODS[registration.authentication](registration.secret);
    this.config = new client.Configuration(server, registration.id, undefined, authentication);
    this.registration = registration;
    this.store = new FileStore(storage, worker);
  }

  async authorize() {
    const verifier = client.randomPKCECodeVerifier();
    const { redirect_uri, scope } = this.registration;
    const parameters = {
      redirect_uri,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    };
    if (scope !== undefined) parameters.scope = scope;
    if (!this.config.serverMetadata().supportsPKCE()) parameters.state = client.randomState();
    this.store.save("login", { verifier, state: parameters.state });
    return client.buildAuthorizationUrl(this.config, parameters).href;
  }

  async callback({ url }) {
    const login = this.store.load("login");
    if (login === null) throw new Failure("oauth", "no authorization request was made", "state_mismatch");
    const checks = { pkceCodeVerifier: login.verifier, expectedState: login.state };
    this.#save(await client.authorizationCodeGrant(this.config, new URL(url), checks));
  }

  async call({ method, url, headers, body }) {
    let tokens = this.#tokens();
    if (tokens.expires_at !== undefined && tokens.expires_at <= Date.now()) tokens = await this.#renew(tokens);
    try {
      const { access_token } = tokens;
      const answer = await client.fetchProtectedResource(
        this.config, access_token, new URL(url), method, body, new Headers(headers));
      return { status: answer.status, body: await answer.text() };
    } catch (error) {
      if (error instanceof client.WWWAuthenticateChallengeError) {
        return { status: error.status, body: await error.response.text() };
      }
      throw error;
    }
  }

  async refresh() {
    await this.#renew(this.#tokens());
  }

  explain(error) {
    if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError) {
      return new Failure("oauth", error.error_description ?? error.message, error.error);
    }
    if (error instanceof client.WWWAuthenticateChallengeError) return new Failure("oauth", error.message, error.code);
    if (error.code === "OAUTH_INVALID_RESPONSE" && /"state"/.test(rootWords(error))) {
      return new Failure("oauth", rootWords(error), "state_mismatch");
    }
    // The answer was none, or not what the standard says.
    if (error instanceof client.ClientError || error instanceof TypeError) {
      return new Failure("network", rootWords(error));
    }
    return undefined;
  }

  #tokens() {
    const tokens = this.store.load("token");
    if (tokens === null) throw new Failure("reauthorize", "the application has no tokens");
    return tokens;
  }

  async #renew(tokens) {
    if (tokens.refresh_token === undefined) throw new Failure("reauthorize", "the application has no refresh token");
    return this.#save(await client.refreshTokenGrant(this.config, tokens.refresh_token), tokens);
  }

  /** Keeps an answer as an application does: with the moment at which it ends, and the old refresh token if none is new. */
  #save(answer, before = {}) {
    const ends = answer.expiresIn();
    const { access_token, refresh_token = before.refresh_token } = answer;
    const tokens = { access_token, refresh_token };
    if (ends !== undefined) tokens.expires_at = Date.now() + ends * 1000;
    this.store.save("token", tokens);
    return tokens;
  }
}

await serve(new OpenidClient());
