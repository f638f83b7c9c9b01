// The addon: functions over handles, which the classes call.
// SPDX-License-Identifier: MIT
'use strict';

const native = require('../build/Release/samepage.node');

/** What stands in native.numbers after a call. */
const VERSION = 0;
const MISSED = 1;

module.exports = { native, VERSION, MISSED };
