// Region: bytes, which JavaScript sees where they lie.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');
const { Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');

/** A region lives as long as one of its buffers is used, unless it is closed. */
const keepers = new WeakMap();

class Region extends Noun {
  #buffer;
  #views = new Set();

  constructor(place, sizeBytes, options = {}, how = CREATE) {
    super(native.regionOpen, how, place, options, sizeBytes);
  }

  static createNew(place, sizeBytes, options = {}) {
    return new this(place, sizeBytes, options, CREATE_NEW);
  }

  static open(place, options = {}) {
    return new this(place, 0, options, OPEN);
  }

  get sizeBytes() {
    return native.regionSize(this[HANDLE]);
  }

  /** All its bytes. */
  get buffer() {
    this.#buffer ??= this.map(0);
    return this.#buffer;
  }

  /** All its bytes, with Buffer's methods. */
  get bytes() {
    return Buffer.from(this.buffer);
  }

  map(offsetBytes, sizeBytes = 0) {
    if (this.readOnly) {
      // Writing into it would end the process.
      throw new TypeError('JavaScript has no read-only buffers: read() copies from a region opened to read');
    }
    const view = native.regionMap(this[HANDLE], offsetBytes, sizeBytes);
    keepers.set(view, this);
    for (const earlier of this.#views) if (earlier.deref() === undefined) this.#views.delete(earlier);
    this.#views.add(new WeakRef(view));
    return view;
  }

  read(offsetBytes = 0, sizeBytes = this.sizeBytes - offsetBytes) {
    return native.regionRead(this[HANDLE], offsetBytes, sizeBytes);
  }

  writeText(text, offsetBytes = 0) {
    native.regionWriteText(this[HANDLE], text, offsetBytes);
  }

  readText(offsetBytes = 0) {
    return native.regionReadText(this[HANDLE], offsetBytes);
  }

  flush() {
    native.regionFlush(this[HANDLE]);
  }

  close() {
    super.close();
    this.#buffer = undefined;
    for (const view of this.#views) native.detach(view.deref());
    this.#views.clear();
  }
}

module.exports = { Region };
