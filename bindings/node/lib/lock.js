// Lock: mutual exclusion that survives its owner's death and says so.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');
const { Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');
const { inThread } = require('./waiting.js');

/** The lock while this handle owns it, until release() or the lock's close(). */
class Held {
  #lock;
  #released = false;

  constructor(lock, ownerDied) {
    this.#lock = lock;
    this.ownerDied = ownerDied;
  }

  markRepaired() {
    native.lockRepaired(this.#lock[HANDLE]);
    this.ownerDied = false;
  }

  release() {
    // The close has released it.
    if (this.#released || this.#lock.closed) return;
    native.lockRelease(this.#lock[HANDLE]);
    this.#released = true;
  }
}
if (Symbol.dispose !== undefined) {
  Object.defineProperty(Held.prototype, Symbol.dispose, {
    value() { this.release(); }, writable: true, configurable: true,
  });
}

class Lock extends Noun {
  constructor(place, options = {}, how = CREATE) {
    super(native.lockOpen, how, place, options);
  }

  static createNew(place, options = {}) {
    return new this(place, options, CREATE_NEW);
  }

  static open(place, options = {}) {
    return new this(place, options, OPEN);
  }

  /** undefined: somebody else owns it, or this handle itself. */
  tryAcquire() {
    const ownerDied = native.lockTry(this[HANDLE]);
    return ownerDied === undefined ? undefined : new Held(this, ownerDied);
  }

  async acquire(options = {}) {
    options.signal?.throwIfAborted();
    const held = this.tryAcquire();
    if (held !== undefined) return held;
    const start = (timeout, callback) => native.lockAcquire(this[HANDLE], timeout, callback);
    return new Held(this, await inThread(this, start, options));
  }

  /** Calls act(held) while it owns the lock, and gives what that gives. */
  async holding(act, options) {
    const held = await this.acquire(options);
    try {
      return await act(held);
    } finally {
      held.release();
    }
  }

  info() {
    const { owned, ownerDied, awaited, ...rest } = native.lockInfo(this[HANDLE]);
    return { owned: owned !== 0, ownerDied: ownerDied !== 0, awaited: awaited !== 0, ...rest };
  }
}

module.exports = { Lock, Held };
