/** A provider on the loopback interface that says what a test wants, and an adapter at the other end of two pipes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const START = 1_636_941_600; // 2021-11-15T02:00:00Z
export const REDIRECT_URI = "https://app.example/callback";

const DEADLINE = 30_000; // milliseconds for one reply; only a stuck adapter meets it

/** A token answer in Exact Online's shape: `expires_in` is a string. */
export function tokens(number, changes = {}) {
  const fields = { access_token: `at${number}`, token_type: "bearer", expires_in: "600", refresh_token: `Rt${number}!x` };
  return [200, JSON.stringify({ ...fields, ...changes })];
}

/** Answers the token endpoint from `answers` in order, and everything else with 200. Null closes the connection. */
export async function provider(t) {
  const it = { answers: [], tokenRequests: [], resourceRequests: [] };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const seen = { method: request.method, headers: request.headers, form: Object.fromEntries(new URLSearchParams(body)) };
    const isToken = request.url.startsWith("/token");
    (isToken ? it.tokenRequests : it.resourceRequests).push(seen);
    const answer = isToken ? it.answers.shift() : [200, '{"path":"/api/me"}'];
    if (!answer) return request.socket.destroy();
    response.writeHead(answer[0], { "Content-Type": "application/json" }).end(answer[1]);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  it.url = `http://127.0.0.1:${server.address().port}`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return it;
}

/** An adapter's process. */
export function adapter(t, script) {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) if (/proxy/i.test(name)) delete environment[name];
  const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "pipe"], env: environment });
  const storage = mkdtempSync(join(tmpdir(), "adapter-test-"));
  t.after(() => {
    child.kill("SIGKILL");
    rmSync(storage, { recursive: true });
  });
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let id = 0;
  return {
    ended: once(child, "close"),
    errors: () => errors,
    async ask(op, fields = {}) {
      id += 1;
      child.stdin.write(JSON.stringify({ id, command: { op, ...fields } }) + "\n");
      const watchdog = setTimeout(() => child.kill("SIGKILL"), DEADLINE);
      const { value, done } = await lines.next();
      clearTimeout(watchdog);
      if (done) throw new Error(`the adapter left: ${errors}`);
      const message = JSON.parse(value);
      if (message.id !== id) throw new Error(value);
      return message.outcome;
    },
    configure(origin, client = {}) {
      return this.ask("configure", {
        worker: "a",
        endpoints: { authorization: `${origin}/auth`, token: `${origin}/token` },
        client: { id: "{c1}", secret: "s3cret", authentication: "client_secret_post", redirect_uri: REDIRECT_URI, ...client },
        storage,
        now: START,
        documented: {},
      });
    },
  };
}

/** The parameters of an authorization request. */
export async function authorize(it) {
  const outcome = await it.ask("authorize");
  if (outcome.result !== "authorize") throw new Error(JSON.stringify(outcome));
  return Object.fromEntries(new URL(outcome.url).searchParams);
}
