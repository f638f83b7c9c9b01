// samepage for `import`: the same classes as for require().
// SPDX-License-Identifier: MIT
import samepage from './index.js';

export const {
  Region, Cell, Lock, Held, Channel, Subscriber, Queue, Job, Table, Feed, RecordLock, NDArray,
  ls, lookUp, SamepageError, version,
} = samepage;
