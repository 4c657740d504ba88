/**
 * The adapter protocol for Node: reads requests from stdin, one a line, and answers each on stdout.
 *
 * Owns the line loop. Never touches OAuth: what a client does is the library's business. One request at a time, in the order in
 * which they come. Import this before the library: the clock has to be in place first.
 */

import { readFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

import { setClock } from "./clock.js";

export { installIdentifiers, seedIdentifiers } from "./identifiers.js";
export { endedOrAsleep, passing, sleepByTheClock } from "./sleep.js";
export { FileStore } from "./store.js";

const PROTOCOL = "1.4";
const BODY_LIMIT = 64 * 1024;

/** The client could not do what was asked; becomes an `error` reply. */
export class Failure extends Error {
  /** `kind` is one of reauthorize, oauth, network, untrusted, unsupported and bug; `code` is `error` of an OAuth error response. */
  constructor(kind, message, code) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** The version of an installed package, as its own package.json has it. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}

/** The class of an error and the text of what lies at its root: the layers between hold ports, which change. */
export function rootWords(error) {
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return root === error ? `${error.name}: ${error.message}` : `${error.name}: ${error.message}: ${root.message}`;
}

/**
 * Answers until `quit` or the end of stdin.
 *
 * A client has `hello()`, `configure(command)`, the operations that it knows, and `explain(error)`, which puts what the library
 * throws into a Failure, or gives nothing for what it does not know. `poll(command, passTime)` may call `passTime()`, which comes back when
 * the clock was moved, for each pause of the library.
 */
export async function serve(client) {
  // Stdout is the protocol's; whatever else prints goes to stderr.
  process.stdout.write = process.stderr.write.bind(process.stderr);
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const turn = async () => {
    const { value: line, done } = await lines.next();
    if (done) return undefined;
    if (line.trim() === "") return turn();
    const { id, command } = JSON.parse(line);
    say({ type: "reply", id, outcome: await answer(client, operations, command) });
    return command.op;
  };
  const passTime = async () => {
    say({ type: "event", event: { kind: "waiting", on: "clock" } });
    if ((await turn()) === undefined) throw new Error("stdin ended while the time was awaited");
  };
  const operations = operationsOf(client, passTime);
  for (let op = await turn(); op !== undefined && op !== "quit"; ) op = await turn();
  // Connections that are kept alive would keep the process.
  process.exit(0);
}

function say(message) {
  const bytes = Buffer.from(JSON.stringify(message) + "\n");
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // The pipe is full; its reader is about to read.
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function operationsOf(client, passTime) {
  let configured = false;
  const must = (name) => async (command) => {
    if (!configured) throw new Failure("bug", "not configured yet");
    if (typeof client[name] !== "function") throw new Failure("unsupported", `the library has no ${name}`);
    return client[name](command, passTime);
  };
  const done = (name) => async (command) => {
    await must(name)(command);
    return { result: "done" };
  };
  return {
    hello: async () => ({ result: "hello", protocol: PROTOCOL, ...client.hello(), clock: "inject" }),
    configure: async (command) => {
      setClock(command.now);
      await client.configure(command);
      configured = true;
      return { result: "done" };
    },
    authorize: async (command) => ({ result: "authorize", url: await must("authorize")(command) }),
    callback: async (command) => {
      const subject = await must("callback")(command);
      // Only a client that speaks OpenID Connect knows who signed in.
      return typeof subject === "string" ? { result: "signed_in", subject } : { result: "done" };
    },
    call: async (command) => {
      const { status, body } = await must("call")({ headers: {}, ...command });
      return { result: "call", status, ...(isShort(body) ? { body } : {}) };
    },
    grant: done("grant"),
    device: async (command) => {
      const { userCode, verificationUri } = await must("device")(command);
      return { result: "device", user_code: userCode, verification_uri: verificationUri };
    },
    poll: done("poll"),
    refresh: done("refresh"),
    token: async (command) => {
      const ends = await must("token")(command);
      return { result: "token", ...(ends === undefined ? {} : { expires_at: ends }) };
    },
    clock: async ({ now }) => {
      setClock(now);
      // What the libraries read: they look `Date` up at each use.
      return { result: "clock", now: Date.now() / 1000 };
    },
    quit: async () => ({ result: "done" }),
  };
}

async function answer(client, operations, command) {
  try {
    if (!Object.hasOwn(operations, command.op)) throw new Failure("unsupported", `unknown operation '${command.op}'`);
    return await operations[command.op](command);
  } catch (error) {
    let failure = error instanceof Failure ? error : client.explain(error);
    if (!failure) {
      console.error(error);
      failure = new Failure("bug", rootWords(error));
    }
    const { kind, message, code } = failure;
    return { result: "error", kind, message, ...(typeof code === "string" ? { code } : {}) };
  }
}

/** Whether a body is text of at most 64 KiB, as the protocol wants it. */
function isShort(body) {
  return body !== undefined && Buffer.byteLength(body) <= BODY_LIMIT && !body.includes("\uFFFD");
}
