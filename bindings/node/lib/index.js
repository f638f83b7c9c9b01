// samepage: data shared between processes by name.
// SPDX-License-Identifier: MIT
'use strict';

const { native } = require('./native.js');
const { SamepageError } = require('./errors.js');
const { Region } = require('./region.js');
const { Cell } = require('./cell.js');
const { Lock, Held } = require('./lock.js');
const { Channel, Subscriber } = require('./channel.js');
const { Queue, Job } = require('./queue.js');
const { NDArray } = require('./ndarray.js');
const { ls, lookUp } = require('./catalog.js');
const { Table, Feed, RecordLock } = require('./table.js');

module.exports = {
  Region, Cell, Lock, Held, Channel, Subscriber, Queue, Job, Table, Feed, RecordLock, NDArray,
  ls, lookUp, SamepageError, version: native.version,
};
