// Waiting without holding up the event loop: by a handle's descriptor where it has one, else in a thread.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');
const { HANDLE, PENDING } = require('./noun.js');

/** Deaths ring no bell: look this often, in milliseconds. */
const SLICE_MS = 250;
/** Where there is no descriptor: look again after this, and then ever more slowly. */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 10;
/** As short as can be, but not 0, which says that one doesn't wait: it says that the time is up. */
const AT_ONCE_MS = 1e-6;

const BELL = Symbol('bell');

/** Wakes those who wait for one handle. The first of them makes it, and the handle keeps it. */
class Bell {
  #handle;
  #sleepers = new Set();

  /** undefined: there is no descriptor here. */
  static of(ringer) {
    if (ringer.closed) return undefined;
    const bell = (ringer[BELL] ??= new Bell(ringer));
    return native.listen(bell.#handle, bell.#ring) ? bell : undefined;
  }

  constructor(ringer) {
    this.#handle = ringer[HANDLE];
    ringer[PENDING].add(this.#wakeAll);
  }

  #wakeAll = () => {
    for (const wake of [...this.#sleepers]) wake();
  };

  #ring = () => {
    // First arm, then look: what comes after this rings again.
    try {
      native.arm(this.#handle);
    } catch {
      // Who looks is told why.
      native.ring(this.#handle, false);
    }
    this.#wakeAll();
  };

  arm() {
    native.arm(this.#handle);
  }

  enter(wake) {
    if (this.#sleepers.size === 0) native.ring(this.#handle, true);
    this.#sleepers.add(wake);
  }

  leave(wake) {
    this.#sleepers.delete(wake);
    if (this.#sleepers.size === 0) native.ring(this.#handle, false);
  }
}

function checkTimeout(timeout) {
  if (typeof timeout === 'number' && timeout >= 0) return;
  throw new TypeError('timeout must be milliseconds: a number from 0 to Infinity');
}

/**
 * What attempt(milliseconds) gives as soon as it isn't undefined. It is tried whenever the bell of `ringer` rings, and
 * belongs to `subject`, whose close ends it.
 */
async function byBell(subject, ringer, attempt, { timeout = Infinity, signal } = {}) {
  checkTimeout(timeout);
  signal?.throwIfAborted();
  let found = attempt(0);
  if (found !== undefined) return found;
  if (timeout === 0) throw native.lastError();

  const end = performance.now() + timeout;
  let wake = () => {};
  let pauseMs = FIRST_PAUSE_MS;
  const woken = () => wake();
  let bell = Bell.of(ringer);
  bell?.enter(woken);
  subject[PENDING].add(woken);
  signal?.addEventListener('abort', woken);
  try {
    for (;;) {
      bell?.arm();
      found = attempt(0);
      if (found !== undefined) return found;
      const left = end - performance.now();
      if (left <= 0) {
        found = attempt(AT_ONCE_MS);
        if (found !== undefined) return found;
        throw native.lastError();
      }
      let timer;
      await new Promise((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, Math.min(left, bell === undefined ? pauseMs : SLICE_MS));
      });
      clearTimeout(timer);
      signal?.throwIfAborted();
      pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS);
      // A subscriber outlives its channel's handle.
      if (ringer.closed && subject !== ringer) bell = undefined;
    }
  } finally {
    bell?.leave(woken);
    subject[PENDING].delete(woken);
    signal?.removeEventListener('abort', woken);
  }
}

/**
 * What a thread finds: start(timeout, callback) begins it and gives its ticket. The close of `subject` ends it, and so
 * does the signal; what it reaches then is undone.
 */
function inThread(subject, start, { timeout, signal } = {}) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let ticket;
    const settle = () => {
      subject[PENDING].delete(end);
      signal?.removeEventListener('abort', abort);
    };
    const end = (error) => {
      settle();
      native.cancel(ticket);
      reject(error);
    };
    const abort = () => end(signal.reason);
    ticket = start(timeout, (error, result) => {
      settle();
      if (error === undefined) resolve(result);
      else reject(error);
    });
    subject[PENDING].add(end);
    signal?.addEventListener('abort', abort);
  });
}

module.exports = { byBell, inThread };
