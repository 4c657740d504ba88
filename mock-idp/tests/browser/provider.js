// Starts the built mock-idp, and talks to its control API.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = process.env.MOCK_IDP ?? fileURLToPath(new URL("../../../target/debug/mock-idp", import.meta.url));

/** A provider whose clock stands still. */
export async function start(...more) {
  const fixed = ["serve", "--port", "0", "--control-port", "0", "--frozen", "--start", "2026-03-02T09:00:00Z"];
  const child = spawn(program, [...fixed, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  const found = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, url] = /^(listening on|control API on) (http:\S+)$/.exec(line) ?? [];
    if (what) found[what] = url;
    if (found["listening on"] && found["control API on"]) break;
  }
  child.stdout.resume();
  return new Provider(child, found["listening on"], found["control API on"]);
}

class Provider {
  constructor(child, url, control) {
    Object.assign(this, { child, url, control });
  }

  stop() {
    this.child.kill();
  }

  async order(path, body) {
    const answer = await fetch(this.control + path, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  }

  async ask(path) {
    return (await fetch(this.control + path)).json();
  }

  /** The code of an authenticator with this secret in Base32, at the provider's time. */
  async totp(secret) {
    const bits = [...secret.replace(/\s/g, "")].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter));
    const text = bits.map((value) => value.toString(2).padStart(5, "0")).join("");
    const key = Buffer.from(text.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(Date.parse((await this.ask("/clock")).now) / 30_000)));
    const tag = createHmac("sha1", key).update(step).digest();
    const word = tag.readUInt32BE(tag[tag.length - 1] & 0xf) & 0x7fffffff;
    return String(word % 1_000_000).padStart(6, "0");
  }
}
