// What there is, and who holds it.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');

const KINDS = ['region', 'cell', 'lock', 'channel', 'queue', 'table'];

function named(entry) {
  return { ...entry, kind: KINDS[entry.kind] ?? 'unknown' };
}

/** The live objects under names of this user, or of the machine, by name. */
function ls({ global = false, holders = false } = {}) {
  return native.list(global, holders).map(named);
}

/** One object, with its holders. */
function lookUp(place) {
  return named(native.lookUp(place)[0]);
}

module.exports = { ls, lookUp };
