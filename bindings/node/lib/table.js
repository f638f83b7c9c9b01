// Table: records under keys; and Feed, its changes as they come.
// SPDX-License-Identifier: MIT
'use strict';

const { codecOf, bytes } = require('./codec.js');
const { native, VERSION, MISSED } = require('./native.js');
const { Handle, Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');
const { PATIENCE_MS, patience } = require('./patience.js');
const { byBell, inThread } = require('./waiting.js');

class Table extends Noun {
  #codec;

  constructor(place, options = {}, how = CREATE) {
    super(native.tableOpen, how, place, options, options.asItIs, options.soleWriter);
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

  /** Fills values with those of many keys of one length; their versions, 0n where there is none. */
  getMany(keys, keyBytes, values, valueBytes) {
    const versions = new BigUint64Array(keys.byteLength / keyBytes);
    native.tableGetMany(this[HANDLE], keys, keyBytes, values, valueBytes, versions);
    return versions;
  }

  /** Puts many values under keys of one length; their versions, of those that were put. */
  putMany(keys, keyBytes, values, valueBytes, options) {
    const versions = new BigUint64Array(keys.byteLength / keyBytes);
    const { timeout, expiresIn } = options ?? {};
    const put = native.tablePutMany(this[HANDLE], keys, keyBytes, values, valueBytes, versions, timeout, expiresIn);
    return versions.subarray(0, put);
  }

  /** putMany() of copies, which doesn't hold up the event loop. */
  putManyAsync(keys, keyBytes, values, valueBytes, { timeout = PATIENCE_MS, expiresIn, signal } = {}) {
    const versions = new BigUint64Array(keys.byteLength / keyBytes);
    const start = (milliseconds, callback) => native.tablePutManyWaiting(
      this[HANDLE], keys, keyBytes, values, valueBytes, versions, milliseconds, expiresIn, callback);
    return inThread(this, start, { timeout, signal });
  }

  has(key) {
    return native.tableVersion(this[HANDLE], key) !== 0;
  }

  /** 0: there is no such record. */
  version(key) {
    return native.tableVersion(this[HANDLE], key);
  }

  /** A Date; null: never; undefined: there is no such record. */
  expiresAt(key) {
    const milliseconds = native.tableExpires(this[HANDLE], key);
    if (milliseconds === undefined) return undefined;
    return milliseconds === Infinity ? null : new Date(milliseconds);
  }

  put(key, value, options) {
    const encoded = this.#codec.encode(value);
    return native.tablePut(this[HANDLE], key, encoded, options?.timeout, 0, options?.expiresIn);
  }

  insert(key, value, options) {
    const encoded = this.#codec.encode(value);
    return native.tableInsert(this[HANDLE], key, encoded, options?.timeout, 0, options?.expiresIn);
  }

  compareExchange(key, expected, value, options) {
    const encoded = this.#codec.encode(value);
    const { timeout, expiresIn } = options ?? {};
    const version = native.tableExchange(this[HANDLE], key, encoded, timeout, expected, expiresIn);
    if (version === undefined) throw native.lastError();
    return version;
  }

  /** Puts change(value), which gets undefined where there is none, and is called again when others were faster. */
  update(key, change, { timeout = PATIENCE_MS } = {}) {
    return patience(timeout, (left) => {
      const seen = this.getVersioned(key);
      const value = this.#codec.encode(change(seen?.value));
      return native.tableExchange(this[HANDLE], key, value, left, seen?.version ?? 0, 0);
    });
  }

  erase(key, options) {
    return native.tableErase(this[HANDLE], key, options?.timeout);
  }

  /** Adds to a record of 8 bytes, a number; one that isn't there is 0. */
  add(key, more, options) {
    return native.tableAdd(this[HANDLE], key, BigInt(more), options?.timeout, options?.expiresIn);
  }

  wait(key, seen, options) {
    const start = (timeout, callback) => native.tableWait(this[HANDLE], key, seen, timeout, callback);
    return inThread(this, start, options);
  }

  waitAny(seen, options) {
    const attempt = (timeout) => native.tableWaitAny(this[HANDLE], seen, timeout);
    return byBell(this, this, attempt, options);
  }

  /** From now on it keeps its last changes, in so many bytes. */
  keepHistory(sizeBytes, options) {
    return native.tableKeepHistory(this[HANDLE], sizeBytes, options?.timeout);
  }

  /** Reads the changes along. */
  subscribe({ prefix = '', from = 'newest', signal } = {}) {
    if (from !== 'newest' && from !== 'oldest') throw new TypeError("from must be 'newest' or 'oldest'");
    const handle = native.tableSubscribe(this[HANDLE], prefix, from === 'oldest');
    return new Feed(this, handle, this.#codec === bytes, signal);
  }

  #tryLock(key) {
    const made = native.tableTryLock(this[HANDLE], key);
    return made === undefined ? undefined : new RecordLock(this, ...made);
  }

  async #lock(key, options = {}) {
    options.signal?.throwIfAborted();
    const held = this.#tryLock(key);
    if (held !== undefined) return held;
    const start = (timeout, callback) => native.tableLock(this[HANDLE], key, timeout, callback);
    return new RecordLock(this, ...(await inThread(this, start, options)));
  }

  /** Keeps a key from other handles' writers. */
  lock(key, options) {
    return key === undefined ? Promise.reject(new TypeError('lock() wants a key')) : this.#lock(key, options);
  }

  /** Keeps all keys from other handles' writers. */
  lockAll(options) {
    return this.#lock(undefined, options);
  }

  /** How many records there are, when all is as it must be. */
  verify({ timeout = PATIENCE_MS, signal } = {}) {
    const start = (milliseconds, callback) => native.tableVerify(this[HANDLE], milliseconds, callback);
    return inThread(this, start, { timeout, signal });
  }

  /** Makes all that is there survive power failures, in a file beside the table's. */
  async checkpoint({ timeout = PATIENCE_MS, signal } = {}) {
    const start = (milliseconds, callback) => native.tableCheckpoint(this[HANDLE], milliseconds, callback);
    const { records, sizeBytes, stallNs } = await inThread(this, start, { timeout, signal });
    return { records, sizeBytes, stallMs: stallNs / 1e6 };
  }

  /** Moves records together, and gives what is free then back to the system. */
  compact({ timeout = PATIENCE_MS, signal } = {}) {
    const start = (milliseconds, callback) => native.tableCompact(this[HANDLE], milliseconds, callback);
    return inThread(this, start, { timeout, signal });
  }

  /** Whether opening it had to go back to its checkpoint. */
  get wentBack() {
    return native.tableWentBack(this[HANDLE]);
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

/** The changes of a table. Iterating goes on for ever; its end closes it. */
class Feed extends Handle {
  #isBytes;
  #signal;
  #change = [undefined, undefined];

  constructor(table, handle, isBytes, signal) {
    super(handle);
    this.table = table;
    this.#isBytes = isBytes;
    this.#signal = signal;
  }

  #attempt = (timeout) => {
    if (!native.feedNext(this[HANDLE], timeout, this.#change)) return undefined;
    const [key, erased] = this.#change;
    const version = native.numbers[VERSION];
    const missed = native.numbers[MISSED];
    return { key: this.#isBytes ? key : key?.toString(), version, erased, missed };
  };

  /** undefined: there is none yet. */
  tryNext() {
    return this.#attempt(0);
  }

  next(options = {}) {
    return byBell(this, this.table, this.#attempt, { signal: this.#signal, ...options });
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (;;) yield await this.next();
    } finally {
      this.close();
    }
  }
}

/** A key of a table, or all, while it is locked: until release(), close() or the process's end. */
class RecordLock extends Handle {
  constructor(table, handle, ownerDied) {
    super(handle);
    this.table = table;
    this.ownerDied = ownerDied;
  }

  markRepaired() {
    native.recordRepaired(this[HANDLE]);
    this.ownerDied = false;
  }

  /** Twice is fine. */
  release() {
    this.close();
  }
}

module.exports = { Table, Feed, RecordLock };
