// How long writers try again when others were faster.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');

/** How many milliseconds a writer waits for another one, unless told otherwise. */
const PATIENCE_MS = 5000;

/** What attempt(left) gives as soon as it isn't undefined, which says that somebody was faster. */
function patience(timeout, attempt) {
  const end = performance.now() + timeout;
  for (;;) {
    const left = Math.max(0, end - performance.now());
    const found = attempt(left);
    if (found !== undefined) return found;
    if (left === 0) throw native.lastError();
  }
}

module.exports = { PATIENCE_MS, patience };
