// Times calls of the Node binding for bindings_bench.py, by the protocol of calls.c.
// SPDX-License-Identifier: MIT
'use strict';

const readline = require('node:readline');
const { Cell, Table } = require('samepage');

const cell = Cell.open(process.argv[2]);
const table = Table.open(`${process.argv[2]}.table`);
const value = Buffer.alloc(64, 'x');
const verbs = {
  'cell.load': () => cell.load(),
  'cell.store': () => cell.store(value),
  'table.get': () => table.get('key'),
  'table.put': () => table.put('key', value),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [verb, calls] = line.split(' ');
  const call = verbs[verb];
  const begin = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) call();
  console.log(Number(process.hrtime.bigint() - begin) / calls);
});
