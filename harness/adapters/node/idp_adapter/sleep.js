/**
 * The pauses of a library, by the virtual clock.
 *
 * Owns the timers that a library sets in its own code. All others stay real: those of Node's HTTP client and of this program.
 */

import { clockOf } from "./clock.js";

const realSetTimeout = globalThis.setTimeout;
const asleep = new Set();
let told = () => {};

/** From here on, what `setTimeout` was asked for by the code of `library` comes when the virtual clock says so. */
export function sleepByTheClock(library) {
  globalThis.setTimeout = (wake, milliseconds = 0, ...rest) => {
    const caller = new Error().stack.split("\n")[2] ?? "";
    if (!caller.includes(`/node_modules/${library}/`)) return realSetTimeout(wake, milliseconds, ...rest);
    asleep.add({ wake: () => wake(...rest), at: clockOf() + milliseconds });
    told();
    return undefined;
  };
}

/** Waits for `promise`, and lets the time pass while the library sleeps. `passTime` comes back when the clock was moved. */
export async function passing(promise, passTime) {
  while (!(await endedOrAsleep(promise))) {
    await passTime();
    wakeWhoIsDue();
  }
  return promise;
}

/** Whether `promise` is settled; false as soon as the library sleeps instead. */
export function endedOrAsleep(promise) {
  const isAsleep = new Promise((resolve) => {
    told = () => resolve(false);
    if (asleep.size > 0) told();
  });
  const ended = () => true;
  return Promise.race([promise.then(ended, ended), isAsleep]);
}

function wakeWhoIsDue() {
  for (const sleeper of [...asleep].filter(({ at }) => at <= clockOf())) {
    asleep.delete(sleeper);
    sleeper.wake();
  }
}
