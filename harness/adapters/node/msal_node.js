/**
 * MSAL Node behind the adapter protocol, configured for production.
 *
 * Written as its documentation tells an application to be written: one client application with a cache plugin, `acquireTokenSilent` first, and
 * the resource owner when that throws `InteractionRequiredAuthError`. Nothing is repaired here; what the library does not do, this program
 * does not do.
 */

import "./idp_adapter/proxy.js";
import {
  Failure,
  FileStore,
  endedOrAsleep,
  installIdentifiers,
  passing,
  rootWords,
  seedIdentifiers,
  serve,
  sleepByTheClock,
  versionOf,
} from "./idp_adapter/index.js";

installIdentifiers();
sleepByTheClock("@azure");

const {
  AuthError,
  ClientAuthError,
  ClientConfigurationError,
  ConfidentialClientApplication,
  CryptoProvider,
  InteractionRequiredAuthError,
  PublicClientApplication,
  ServerError,
} = await import("@azure/msal-node");

/** The scopes that the library adds by itself. */
const RESERVED = new Set(["openid", "profile", "offline_access"]);

class MsalNode {
  hello() {
    return {
      adapter: { name: "msal-node", version: "1.0.0" },
      library: {
        name: "@azure/msal-node",
        version: versionOf("@azure/msal-node"),
        language: "JavaScript",
        issues: "https://github.com/AzureAD/microsoft-authentication-library-for-js/issues",
      },
      capabilities: [
        "authorization_code", "client_credentials", "device_code", "on_behalf_of", "password", "waits_on_clock", "claims_challenge", "call", "refresh", "token",
        "shared_store", "clock",
      ],
    };
  }

  configure({ worker, endpoints, client, storage }) {
    seedIdentifiers(worker);
    this.client = client;
    this.scopes = (client.scope ?? "").split(" ").filter((word) => word !== "" && !RESERVED.has(word));
    this.store = new FileStore(storage, worker);
    this.crypto = new CryptoProvider();
    const store = this.store;
    const cachePlugin = {
      async beforeCacheAccess(context) {
        context.tokenCache.deserialize(JSON.stringify(store.load("cache") ?? {}));
      },
      async afterCacheAccess(context) {
        if (context.cacheHasChanged) store.save("cache", JSON.parse(context.tokenCache.serialize()));
      },
    };
    const authority = endpoints.authorization.split("/oauth2/")[0];
    const { host } = new URL(authority);
    const auth = {
      clientId: client.id,
      authority,
      // Else a host that the library does not know is asked after at login.microsoftonline.com.
      ...(host === "login.microsoftonline.com" ? {} : { knownAuthorities: [host] }),
      ...(client.secret === undefined ? {} : { clientSecret: client.secret }),
      ...(client.capabilities === undefined ? {} : { clientCapabilities: client.capabilities }),
    };
    const Application = client.secret === undefined ? PublicClientApplication : ConfidentialClientApplication;
    this.app = new Application({ auth, cache: { cachePlugin } });
  }

  async authorize() {
    const { verifier, challenge } = await this.crypto.generatePkceCodes();
    const state = this.crypto.createNewGuid();
    this.store.save("logins", { ...this.store.load("logins"), [state]: { verifier } });
    return this.app.getAuthCodeUrl({
      scopes: this.scopes,
      redirectUri: this.client.redirect_uri,
      state,
      codeChallenge: challenge,
      codeChallengeMethod: "S256",
    });
  }

  async callback({ url }) {
    const answer = Object.fromEntries(new URL(url).searchParams);
    const logins = this.store.load("logins") ?? {};
    const login = logins[answer.state];
    if (login === undefined) throw new Failure("oauth", "no authorization request was made with this state", "state_mismatch");
    delete logins[answer.state];
    this.store.save("logins", logins);
    if (answer.code === undefined) throw new Failure("oauth", words(answer.error_description ?? ""), answer.error);
    await this.app.acquireTokenByCode(
      { code: answer.code, scopes: this.scopes, redirectUri: this.client.redirect_uri, codeVerifier: login.verifier, state: answer.state },
      { ...answer, state: answer.state },
    );
  }

  async grant({ grant, user_name: username, password, assertion }) {
    if (grant === "password") {
      await this.app.acquireTokenByUsernamePassword({ scopes: this.scopes, username, password });
    } else if (this.client.secret === undefined) {
      throw new Failure("unsupported", `a public client has no ${grant}`);
    } else {
      // The library looks into its cache first, so that the same call is how to have a token again.
      this.again =
        grant === "client_credentials"
          ? () => this.app.acquireTokenByClientCredential({ scopes: this.scopes })
          : (claims) => this.app.acquireTokenOnBehalfOf({ scopes: this.scopes, oboAssertion: assertion, ...(claims ? { claims } : {}) });
      await this.again();
    }
  }

  async device() {
    if (this.client.secret !== undefined) throw new Failure("unsupported", "a confidential client has no device flow");
    let codes;
    this.waiting = this.app.acquireTokenByDeviceCode({
      scopes: this.scopes,
      deviceCodeCallback: ({ userCode, verificationUri }) => (codes = { userCode, verificationUri }),
    });
    // It polls as soon as it has the codes. Whoever is to type them is told when it sleeps after that.
    if (await endedOrAsleep(this.waiting)) await this.waiting;
    return codes;
  }

  async poll(_command, passTime) {
    if (this.waiting === undefined) throw new Failure("bug", "no device flow was begun");
    await passing(this.waiting, passTime);
  }

  async call({ method, url, headers, body }) {
    const send = async (claims) => {
      const { accessToken } = await this.silently({ claims });
      return fetch(url, { method, headers: { ...headers, Authorization: `Bearer ${accessToken}` }, body });
    };
    let response = await send();
    const claims = response.status === 401 && this.client.capabilities !== undefined ? claimsOf(response.headers) : undefined;
    if (claims !== undefined) response = await send(claims);
    return { status: response.status, body: await response.text() };
  }

  async silently({ claims, forceRefresh = false }) {
    if (this.again !== undefined) return this.again(claims);
    const [account] = await this.app.getTokenCache().getAllAccounts();
    if (account === undefined) throw new Failure("reauthorize", "there is no account in the cache");
    return this.app.acquireTokenSilent({ account, scopes: this.scopes, forceRefresh, ...(claims ? { claims } : {}) });
  }

  async refresh() {
    await this.silently({ forceRefresh: true });
  }

  async token() {
    const { expiresOn } = await this.silently({});
    return expiresOn === null ? undefined : expiresOn.getTime() / 1000;
  }

  explain(error) {
    if (error instanceof InteractionRequiredAuthError) return new Failure("reauthorize", words(error.message), error.errorCode);
    if (error instanceof ServerError) {
      // What an answer was that is none of OAuth.
      const isNetwork = error.errorCode === undefined || error.errorCode === "" || Number(error.status) >= 500;
      return isNetwork ? new Failure("network", words(rootWords(error))) : new Failure("oauth", words(error.message), error.errorCode);
    }
    // It stopped polling by its own clock.
    if (error.errorCode === "device_code_expired") return new Failure("reauthorize", words(error.message));
    if (error instanceof ClientConfigurationError) return new Failure("unsupported", words(error.message), error.errorCode);
    if (error instanceof ClientAuthError) return new Failure("oauth", words(error.message), error.errorCode);
    // A refused poll: `error` of the answer is the rest of the text.
    if (error.errorCode === "post_request_failed") return new Failure("oauth", error.message, error.message.split(": ").at(-1));
    if (error instanceof AuthError) return new Failure("network", words(error.message), error.errorCode);
    if (error.message === "fetch failed") return new Failure("network", rootWords(error));
    return undefined;
  }
}

/** A text up to where it names the request. */
function words(text) {
  return text.split(/\s*Trace ID:|[\r\n]/)[0].trim();
}

/** The claims of a challenge, as Microsoft's documentation on claims challenges has an application read them. */
function claimsOf(headers) {
  const field = headers.get("www-authenticate") ?? "";
  const bearer = field.slice(Math.max(0, field.search(/\bBearer\b/i)));
  const parameters = Object.fromEntries([...bearer.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  if (parameters.error !== "insufficient_claims" || parameters.claims === undefined) return undefined;
  return Buffer.from(parameters.claims, "base64").toString("utf8");
}

await serve(new MsalNode());
