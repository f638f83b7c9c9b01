// Cell: one value, always whole; the newest wins, and one can wait for the next.
// SPDX-License-Identifier: MIT
'use strict';

const { codecOf } = require('./codec.js');
const { native, VERSION } = require('./native.js');
const { Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');
const { byBell } = require('./waiting.js');
const { PATIENCE_MS, patience } = require('./patience.js');

class Cell extends Noun {
  #codec;

  constructor(place, options = {}, how = CREATE) {
    super(native.cellOpen, how, place, options, options.capacityBytes, options.soleWriter);
    this.#codec = codecOf(options.codec);
  }

  static createNew(place, options = {}) {
    return new this(place, options, CREATE_NEW);
  }

  static open(place, options = {}) {
    return new this(place, options, OPEN);
  }

  get version() {
    return native.cellVersion(this[HANDLE]);
  }

  get capacityBytes() {
    return native.cellCapacity(this[HANDLE]);
  }

  load() {
    const stored = native.cellLoad(this[HANDLE]);
    return stored === undefined ? undefined : this.#codec.decode(stored);
  }

  loadVersioned() {
    const stored = native.cellLoad(this[HANDLE]);
    if (stored === undefined) return undefined;
    const version = native.numbers[VERSION];
    return { value: this.#codec.decode(stored), version };
  }

  store(value, options) {
    return native.cellStore(this[HANDLE], this.#codec.encode(value), options?.timeout);
  }

  compareExchange(expected, value, options) {
    const version = native.cellExchange(this[HANDLE], expected, this.#codec.encode(value), options?.timeout);
    if (version === undefined) throw native.lastError();
    return version;
  }

  /** Stores change(value), which gets undefined while there is none, and is called again when others were faster. */
  update(change, { timeout = PATIENCE_MS } = {}) {
    return patience(timeout, (left) => {
      const seen = this.loadVersioned();
      const value = this.#codec.encode(change(seen?.value));
      return native.cellExchange(this[HANDLE], seen?.version ?? 0, value, left);
    });
  }

  wait(seen, options) {
    const attempt = (timeout) => native.cellWait(this[HANDLE], seen, timeout);
    return byBell(this, this, attempt, options);
  }

  /** The newest value, then each that is the newest when it is looked at. */
  async *changes(options) {
    let seen = 0;
    for (;;) {
      await this.wait(seen, options);
      const { value, version } = this.loadVersioned();
      seen = version;
      yield value;
    }
  }

  info() {
    return native.cellInfo(this[HANDLE]);
  }
}

module.exports = { Cell };
