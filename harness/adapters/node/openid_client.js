/**
 * openid-client behind the adapter protocol, configured for production.
 *
 * Written as its README tells an application to be written: a Configuration (made by hand, where the provider publishes no
 * metadata), PKCE and a state, `authorizationCodeGrant`, `refreshTokenGrant`, `fetchProtectedResource`. Where OpenID Connect is asked for,
 * the Configuration is what `discovery` makes, and `fetchUserInfo` says who it is. The signatures of ID tokens are verified, which the
 * library leaves out unless it is told to (`enableNonRepudiationChecks`). Nothing is repaired here.
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

// The library's words for checks that failed, of tokens, documents and redirects.
const UNTRUSTED = new Set([
  "OAUTH_INVALID_RESPONSE",
  "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
  "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "OAUTH_JWT_TIMESTAMP_CHECK_FAILED",
  "OAUTH_KEY_SELECTION_FAILED",
]);

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
      capabilities: ["authorization_code", "openid", "call", "refresh", "shared_store", "clock"],
    };
  }

  configure({ endpoints, client: registration, storage, worker, openid }) {
    this.openid = openid;
    this.registration = registration;
    this.store = new FileStore(storage, worker);
    if (openid !== undefined) return;
    const server = {
      issuer: new URL(endpoints.authorization).origin,
      authorization_endpoint: endpoints.authorization,
      token_endpoint: endpoints.token,
    };
    const authentication = METHODS[registration.authentication](registration.secret);
    this.config = new client.Configuration(server, registration.id, undefined, authentication);
  }

  /** Discovers the provider once; an application does so when it starts. */
  async #discover() {
    if (this.openid === undefined || this.config !== undefined) return;
    const { issuer, id_token_algorithm: id_token_signed_response_alg } = this.openid;
    const { id, secret, authentication } = this.registration;
    const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
    const metadata = { id_token_signed_response_alg };
    this.config = await client.discovery(new URL(issuer), id, metadata, METHODS[authentication](secret), { execute });
  }

  async authorize() {
    await this.#discover();
    const verifier = client.randomPKCECodeVerifier();
    const { redirect_uri, scope } = this.registration;
    const parameters = {
      redirect_uri,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    };
    if (scope !== undefined) parameters.scope = scope;
    if (this.openid !== undefined) {
      parameters.nonce = client.randomNonce();
      parameters.state = client.randomState();
      if (this.openid.max_age !== undefined) parameters.max_age = String(this.openid.max_age);
    }
    if (!this.config.serverMetadata().supportsPKCE()) parameters.state = client.randomState();
    this.store.save("login", { verifier, state: parameters.state, nonce: parameters.nonce });
    return client.buildAuthorizationUrl(this.config, parameters).href;
  }

  async callback({ url }) {
    const login = this.store.load("login");
    if (login === null) throw new Failure("oauth", "no authorization request was made", "state_mismatch");
    await this.#discover();
    const checks = { pkceCodeVerifier: login.verifier, expectedState: login.state };
    if (this.openid !== undefined) {
      checks.expectedNonce = login.nonce;
      checks.idTokenExpected = true;
      if (this.openid.max_age !== undefined) checks.maxAge = this.openid.max_age;
    }
    const answer = await client.authorizationCodeGrant(this.config, new URL(url), checks);
    this.#save(answer);
    if (this.openid === undefined) return undefined;
    const { sub } = answer.claims();
    await client.fetchUserInfo(this.config, answer.access_token, sub);
    return sub;
  }

  async call({ method, url, headers, body }) {
    await this.#discover();
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
    await this.#discover();
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
    if (this.openid !== undefined && UNTRUSTED.has(error.code)) {
      return new Failure("untrusted", rootWords(error), error.code);
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
