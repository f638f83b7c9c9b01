// What samepage refuses, as an Error with a code.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');

class SamepageError extends Error {
  constructor(number, name, message, operation, detail, systemCode) {
    super(message);
    this.code = `SAMEPAGE_${name.toUpperCase()}`;
    this.number = number;
    this.operation = operation;
    this.detail = detail;
    this.systemCode = systemCode;
  }
}
// Of the class and not of each error, as with Node's own.
Object.defineProperty(SamepageError.prototype, 'name', {
  value: 'SamepageError', writable: true, configurable: true,
});

native.setErrorMaker((...known) => new SamepageError(...known));

module.exports = { SamepageError };
