// Table: records under keys.
// SPDX-License-Identifier: MIT
'use strict';

const { codecOf, bytes } = require('./codec.js');
const { native, VERSION } = require('./native.js');
const { Handle, Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');
const { PATIENCE_MS, patience } = require('./patience.js');
const { inThread } = require('./waiting.js');

class Table extends Noun {
  #codec;

  constructor(place, options = {}, how = CREATE) {
    super(native.tableOpen, how, place, options);
    this.#codec = codecOf(options.codec);
  }

  static createNew(place, options = {}) {
    return new this(place, options, CREATE_NEW);
  }

  static open(place, options = {}) {
    return new this(place, options, OPEN);
  }

  /** How many records. */
  get size() {
    return native.tableSize(this[HANDLE]);
  }

  /** How many puts and erases there were. */
  get changes() {
    return native.tableChanges(this[HANDLE]);
  }

  get(key) {
    const stored = native.tableGet(this[HANDLE], key);
    return stored === undefined ? undefined : this.#codec.decode(stored);
  }

  getVersioned(key) {
    const stored = native.tableGet(this[HANDLE], key);
    if (stored === undefined) return undefined;
    const version = native.numbers[VERSION];
    return { value: this.#codec.decode(stored), version };
  }

  has(key) {
    return native.tableVersion(this[HANDLE], key) !== 0;
  }

  /** 0: there is no such record. */
  version(key) {
    return native.tableVersion(this[HANDLE], key);
  }

  put(key, value, options) {
    return native.tablePut(this[HANDLE], key, this.#codec.encode(value), options?.timeout);
  }

  insert(key, value, options) {
    return native.tableInsert(this[HANDLE], key, this.#codec.encode(value), options?.timeout);
  }

  compareExchange(key, expected, value, options) {
    const encoded = this.#codec.encode(value);
    const version = native.tableExchange(this[HANDLE], key, encoded, options?.timeout, expected);
    if (version === undefined) throw native.lastError();
    return version;
  }

  /** Puts change(value), which gets undefined where there is none, and is called again when others were faster. */
  update(key, change, { timeout = PATIENCE_MS } = {}) {
    return patience(timeout, (left) => {
      const seen = this.getVersioned(key);
      const value = this.#codec.encode(change(seen?.value));
      return native.tableExchange(this[HANDLE], key, value, left, seen?.version ?? 0);
    });
  }

  erase(key, options) {
    return native.tableErase(this[HANDLE], key, options?.timeout);
  }

  /** Adds to a record of 8 bytes, a number; one that isn't there is 0. */
  add(key, more, options) {
    return native.tableAdd(this[HANDLE], key, BigInt(more), options?.timeout);
  }

  wait(key, seen, options) {
    const start = (timeout, callback) => native.tableWait(this[HANDLE], key, seen, timeout, callback);
    return inThread(this, start, options);
  }

  waitAny(seen, options) {
    const start = (timeout, callback) => native.tableWaitAny(this[HANDLE], seen, timeout, callback);
    return inThread(this, start, options);
  }

  /** The value, undefined while there is none, and again after each change. */
  async *changesOf(key, options) {
    for (;;) {
      const seen = this.getVersioned(key);
      yield seen?.value;
      await this.wait(key, seen?.version ?? 0, options);
    }
  }

  /** All records whose key begins with the prefix, in no order. */
  *scan(prefix = '') {
    const scan = new Handle(native.scan(this[HANDLE], prefix));
    const record = [undefined, undefined];
    try {
      while (native.scanNext(scan[HANDLE], record)) {
        const version = native.numbers[VERSION];
        const key = this.#codec === bytes ? record[0] : record[0].toString();
        yield { key, value: this.#codec.decode(record[1]), version };
      }
    } finally {
      scan.close();
    }
  }

  *entries() {
    for (const { key, value } of this.scan()) yield [key, value];
  }

  *keys() {
    for (const { key } of this.scan()) yield key;
  }

  *values() {
    for (const { value } of this.scan()) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  info() {
    return native.tableInfo(this[HANDLE]);
  }
}

module.exports = { Table };
