// Codecs: what values are in JavaScript, and which bytes others see.
// SPDX-License-Identifier: MIT
'use strict';

function same(bytes) {
  return bytes;
}

const bytes = { encode: same, decode: same };

const text = {
  encode(value) {
    if (typeof value !== 'string') throw new TypeError("with the codec 'text' a value must be a string");
    return value;
  },
  decode: (stored) => stored.toString(),
};

const json = {
  encode(value) {
    const written = JSON.stringify(value);
    if (written === undefined) throw new TypeError('this value has no JSON');
    return written;
  },
  decode: (stored) => JSON.parse(stored.toString()),
};

/** A number as C++ has it: `cell<double>` is a cell of float64. */
function numeric(name, sizeBytes, write, read) {
  return {
    encode(value) {
      const stored = Buffer.allocUnsafe(sizeBytes);
      write.call(stored, value);
      return stored;
    },
    decode(stored) {
      if (stored.length === sizeBytes) return read.call(stored);
      throw new RangeError(`here are ${stored.length} bytes, and ${name} has ${sizeBytes}`);
    },
  };
}

const b = Buffer.prototype;
const CODECS = {
  bytes,
  text,
  json,
  int8: numeric('int8', 1, b.writeInt8, b.readInt8),
  uint8: numeric('uint8', 1, b.writeUInt8, b.readUInt8),
  int16: numeric('int16', 2, b.writeInt16LE, b.readInt16LE),
  uint16: numeric('uint16', 2, b.writeUInt16LE, b.readUInt16LE),
  int32: numeric('int32', 4, b.writeInt32LE, b.readInt32LE),
  uint32: numeric('uint32', 4, b.writeUInt32LE, b.readUInt32LE),
  int64: numeric('int64', 8, b.writeBigInt64LE, b.readBigInt64LE),
  uint64: numeric('uint64', 8, b.writeBigUInt64LE, b.readBigUInt64LE),
  float32: numeric('float32', 4, b.writeFloatLE, b.readFloatLE),
  float64: numeric('float64', 8, b.writeDoubleLE, b.readDoubleLE),
};

/** A codec by its name, or one of the caller's. */
function codecOf(codec = 'bytes') {
  if (typeof codec === 'string' && Object.hasOwn(CODECS, codec)) return CODECS[codec];
  if (typeof codec?.encode === 'function' && typeof codec?.decode === 'function') return codec;
  throw new TypeError(`codec must be an object with encode and decode, or one of ${Object.keys(CODECS).join(', ')}`);
}

module.exports = { codecOf, bytes };
