// Times calls of the Node binding for bindings_bench.py, by the protocol of calls.c.
// SPDX-License-Identifier: MIT
'use strict';

const readline = require('node:readline');
const { Cell, Channel, Lock, Queue, Table } = require('samepage');

const cell = Cell.open(process.argv[2]);
const table = Table.open(`${process.argv[2]}.table`);
const lock = Lock.open(`${process.argv[2]}.lock`);
const channel = Channel.open(`${process.argv[2]}.channel`);
const subscriber = channel.subscribe();
const queue = Queue.open(`${process.argv[2]}.queue`);
const value = Buffer.alloc(64, 'x');
const verbs = {
  'cell.load': () => cell.load(),
  'cell.store': () => cell.store(value),
  'table.get': () => table.get('key'),
  'table.put': () => table.put('key', value),
  'lock.acquire, release': () => lock.tryAcquire().release(),
  'channel.send, receive': () => { channel.send(value); subscriber.tryReceive(); },
  'queue.push, take, acknowledge': () => {
    queue.push(value);
    queue.tryTake().acknowledge();
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [, calls, verb] = /^(\d+) (.*)$/.exec(line);
  const call = verbs[verb];
  const begin = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) call();
  console.log(Number(process.hrtime.bigint() - begin) / calls);
});
