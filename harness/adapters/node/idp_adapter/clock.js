/** A wall clock that stands still until it is told the time. */

const RealDate = Date;
let now = RealDate.now();

/** `Date` of the whole process from here on: its present is the clock's. Timers and `performance.now` stay real. */
class VirtualDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now);
    else super(...parts);
  }

  static now() {
    return now;
  }
}
globalThis.Date = VirtualDate;

/** The clock's time, in milliseconds since 1970. */
export function clockOf() {
  return now;
}

/** Moves the clock to `seconds` since 1970, where it stays. */
export function setClock(seconds) {
  now = seconds * 1000;
}
