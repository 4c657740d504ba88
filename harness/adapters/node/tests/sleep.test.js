/** A library's pauses by the virtual clock, and its identifiers: in a process of its own, since both replace what is global. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

import { setClock } from "../idp_adapter/clock.js";
import { installIdentifiers, seedIdentifiers } from "../idp_adapter/identifiers.js";
import { endedOrAsleep, passing, sleepByTheClock } from "../idp_adapter/sleep.js";

/** A package that pauses, below a `node_modules` of its own. */
async function library(t, name) {
  const folder = mkdtempSync(join(tmpdir(), "adapter-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "node_modules", name, "pause.mjs");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "export const pause = (t) => new Promise((resolve) => setTimeout(() => resolve('rested'), t));");
  return import(pathToFileURL(path));
}

test("a library sleeps until the clock says so, and not a second less", async (t) => {
  const { pause } = await library(t, "sleepy");
  sleepByTheClock("sleepy");
  let now = 1000;
  setClock(now);
  const moved = [];
  const passTime = async () => {
    now += 2;
    setClock(now);
    moved.push(now);
  };
  assert.equal(await passing(pause(5000), passTime), "rested");
  assert.deepEqual(moved, [1002, 1004, 1006], "five seconds are over with the third step");
  assert.equal(await passing(pause(2000), passTime), "rested");
  assert.deepEqual(moved.slice(3), [1008]);
});

test("who has ended is told from who sleeps, and an error comes through", async (t) => {
  const { pause } = await library(t, "sleepy");
  sleepByTheClock("sleepy");
  assert.equal(await endedOrAsleep(Promise.resolve()), true);
  assert.equal(await endedOrAsleep(Promise.reject(new Error("no"))), true);
  setClock(1000);
  const paused = pause(1);
  assert.equal(await endedOrAsleep(paused), false);
  assert.equal(await passing(paused, async () => setClock(1001)), "rested");
  await assert.rejects(passing(Promise.reject(new Error("no")), assert.fail), /no/);
});

test("the timers of anybody else stay real", async (t) => {
  const { pause } = await library(t, "restless");
  sleepByTheClock("sleepy");
  assert.equal(await passing(pause(1), assert.fail), "rested");
});

test("identifiers are UUIDs, the same for the same seed, and never the same twice", async () => {
  installIdentifiers();
  const { randomUUID } = await import("node:crypto");
  const drawn = (seed) => {
    seedIdentifiers(seed);
    return [randomUUID(), randomUUID(), randomUUID()];
  };
  const first = drawn("a");
  assert.deepEqual(drawn("a"), first);
  assert.equal(new Set([...first, ...drawn("b")]).size, 6);
  for (const id of first) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
