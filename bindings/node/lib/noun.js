// What all six nouns have in common: a place, a handle, its end.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');
require('./errors.js');

const HANDLE = Symbol('handle');
const PENDING = Symbol('pending');

/** Ways of opening. */
const CREATE = 0;
const CREATE_NEW = 1;
const OPEN = 2;

const STRATEGIES = ['spinThenSleep', 'spin', 'sleep'];

function strategyNumber(name = 'spinThenSleep') {
  const number = STRATEGIES.indexOf(name);
  if (number < 0) throw new TypeError(`strategy must be one of ${STRATEGIES.join(', ')}`);
  return number;
}

/** The error of a handle that is closed. */
function closedError(handle) {
  try {
    native.checkName(handle);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Whatever has a handle. */
class Handle {
  #closed = false;

  constructor(handle) {
    this[HANDLE] = handle;
    this[PENDING] = new Set();
  }

  get closed() {
    return this.#closed;
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    native.close(this[HANDLE]);
    // What waits is told.
    const error = this[PENDING].size > 0 ? closedError(this[HANDLE]) : undefined;
    for (const end of [...this[PENDING]]) end(error);
  }
}
// `using`, where the language has it.
if (Symbol.dispose !== undefined) {
  Object.defineProperty(Handle.prototype, Symbol.dispose, {
    value() { this.close(); }, writable: true, configurable: true,
  });
}

class Noun extends Handle {
  constructor(open, how, place, options, ...more) {
    const { timeout, readOnly = false, strategy } = options;
    super(open(how, place, timeout, readOnly, strategyNumber(strategy), ...more));
    this.place = place;
    this.readOnly = Boolean(readOnly);
  }

  get created() {
    return native.created(this[HANDLE]);
  }

  checkName() {
    native.checkName(this[HANDLE]);
  }
}

module.exports = { Handle, Noun, HANDLE, PENDING, CREATE, CREATE_NEW, OPEN };
