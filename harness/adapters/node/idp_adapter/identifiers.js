/** Identifiers of requests that are the same on every run, so that two conversations can be compared. */

import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

let drawn = 0;
let seed = "";

/** Replaces `randomUUID` of `node:crypto` for the whole process. Random bytes stay random. */
export function installIdentifiers() {
  crypto.randomUUID = () => {
    drawn += 1;
    const hex = crypto.createHash("sha256").update(`${seed} ${drawn}`).digest("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
  syncBuiltinESMExports();
}

/** Begins anew. Each worker has its own identifiers. */
export function seedIdentifiers(worker) {
  drawn = 0;
  seed = worker;
}
