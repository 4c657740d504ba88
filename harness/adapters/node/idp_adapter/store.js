/**
 * JSON files in the folder that all workers of a client share.
 *
 * Reading and writing take no lock, on purpose: no documentation asks for one, and what comes of that is what the harness is to
 * show. A write replaces the whole file, so a process killed half-way leaves the old one.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class FileStore {
  #folder;
  #worker;

  constructor(folder, worker) {
    this.#folder = folder;
    this.#worker = worker;
  }

  /** What was last saved as `name`; null when there is nothing. */
  load(name) {
    try {
      return JSON.parse(readFileSync(join(this.#folder, `${name}.json`), "utf8"));
    } catch (error) {
      if (error.code === "ENOENT") return null;
      throw error;
    }
  }

  /** Replaces what is saved as `name`. The file is for its owner alone: it holds tokens. */
  save(name, value) {
    const draft = join(this.#folder, `.${name}.${this.#worker}.${process.pid}`);
    writeFileSync(draft, JSON.stringify(value), { mode: 0o600 });
    renameSync(draft, join(this.#folder, `${name}.json`));
  }
}
