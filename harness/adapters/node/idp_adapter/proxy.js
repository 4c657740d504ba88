/**
 * Has `fetch` go through the proxy that the environment names, where Node does not do so by itself.
 *
 * Node does from 22.21 and 24.5 on, when NODE_USE_ENV_PROXY is set. Before that a program that must use a proxy does this.
 */

import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

const [major, minor] = process.versions.node.split(".").map(Number);
const byItself = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);

if (!byItself) setGlobalDispatcher(new EnvHttpProxyAgent());
