// NDArray: numbers with a type and a shape, as NumPy has them, under a name.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');
const { Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');
const { Region } = require('./region.js');

/** What the elements are in JavaScript. A complex number is two; one of 16 bits, and a boolean, are as they lie. */
const ARRAYS = {
  '|b1': Uint8Array, '|i1': Int8Array, '<i2': Int16Array, '<i4': Int32Array, '<i8': BigInt64Array,
  '|u1': Uint8Array, '<u2': Uint16Array, '<u4': Uint32Array, '<u8': BigUint64Array,
  '<f2': Uint16Array, '<f4': Float32Array, '<f8': Float64Array, '<c8': Float32Array, '<c16': Float64Array,
};
/** The same as codecs call them. */
const NAMES = {
  int8: '|i1', int16: '<i2', int32: '<i4', int64: '<i8', uint8: '|u1', uint16: '<u2', uint32: '<u4', uint64: '<u8',
  float32: '<f4', float64: '<f8',
};
const OFFSET_AT = 12;

class NDArray extends Noun {
  #region;
  #data;

  constructor(place, shape, dtype, options = {}, how = CREATE) {
    super(native.ndarrayOpen, how, place, options, Object.hasOwn(NAMES, dtype) ? NAMES[dtype] : dtype, shape);
    this.dtype = native.ndarrayDtype(this[HANDLE]);
    this.shape = [];
    this.strides = [];
    native.ndarrayShape(this[HANDLE], this.shape, this.strides);
    this.sizeBytes = native.ndarraySize(this[HANDLE]);
  }

  static createNew(place, shape, dtype, options = {}) {
    return new this(place, shape, dtype, options, CREATE_NEW);
  }

  static open(place, options = {}) {
    return new this(place, undefined, undefined, options, OPEN);
  }

  get version() {
    return native.ndarrayVersion(this[HANDLE]);
  }

  #elements(buffer) {
    const Elements = ARRAYS[this.dtype];
    return new Elements(buffer, 0, this.sizeBytes / Elements.BYTES_PER_ELEMENT);
  }

  /** The elements themselves. */
  get data() {
    if (this.#data === undefined) {
      native.ndarrayVersion(this[HANDLE]); // is it open?
      this.#region ??= Region.open(this.place, { readOnly: this.readOnly });
      const offset = this.#region.read(OFFSET_AT, 4).readUInt32LE();
      this.#data = this.#elements(this.sizeBytes === 0 ? new ArrayBuffer(0) : this.#region.map(offset, this.sizeBytes));
    }
    return this.#data;
  }

  /** What a writer has finished. */
  copy({ timeout } = {}) {
    const into = new ArrayBuffer(this.sizeBytes);
    native.ndarrayCopy(this[HANDLE], into, timeout);
    return this.#elements(into);
  }

  /** Calls change(data, torn), and says that the array is whole then; gives its version. */
  write(change, { timeout } = {}) {
    const torn = native.ndarrayBegin(this[HANDLE], timeout);
    let isWhole = false;
    const end = () => native.ndarrayEnd(this[HANDLE], isWhole);
    let made;
    try {
      made = change(this.data, torn);
      isWhole = typeof made?.then !== 'function';
    } catch (error) {
      end();
      throw error;
    }
    if (isWhole) return end();
    return made.then(() => { isWhole = true; }).finally(() => { if (!isWhole) end(); }).then(end);
  }

  close() {
    super.close();
    this.#region?.close();
    this.#data = undefined;
  }
}

module.exports = { NDArray };
