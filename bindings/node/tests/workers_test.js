// Worker threads: each has the addon and handles of its own, and ends with or without a warning.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const test = require('node:test');
const { Worker } = require('node:worker_threads');
const { isHeld, until } = require('./support.js');
const { Cell, Channel, Lock, Queue, Region, Table } = require('samepage');

const PRELUDE = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { Region, Cell, Lock, Channel, Queue, Table } = require('samepage');
`;

/** A worker that runs `code`; `ended` becomes its exit code. */
function start(code, workerData) {
  const worker = new Worker(`${PRELUDE}(async () => {${code}\n})();`, { eval: true, workerData });
  worker.ended = once(worker, 'exit').then(([result]) => result);
  return worker;
}

test('workers and the main thread share by name, each with its own handles', async () => {
  const cell = new Cell('sum', { codec: 'int32' });
  const lock = new Lock('sum.lock');
  const region = new Region('sum.region', 64);
  cell.store(0);
  const code = `
    const cell = Cell.open('sum', { codec: 'int32' }), lock = Lock.open('sum.lock');
    const numbers = new Int32Array(Region.open('sum.region').buffer);
    for (let i = 0; i < 50; i++) {
      cell.update((n) => n + 1, { timeout: 60000 });
      await lock.holding(() => { const n = numbers[0]; numbers[0] = n + 1; });
    }
  `;
  const workers = Array.from({ length: 4 }, () => start(code));
  for (const worker of workers) assert.strictEqual(await worker.ended, 0);
  assert.strictEqual(cell.load(), 200);
  assert.strictEqual(new Int32Array(region.buffer)[0], 200);
  region.close();
  cell.close();
  lock.close();
});

test('a worker waits by descriptor and by thread', async () => {
  const cell = new Cell('woken', { codec: 'text' });
  const table = new Table('woken.table', { codec: 'text' });
  const worker = start(`
    const cell = Cell.open('woken', { codec: 'text' }), table = Table.open('woken.table', { codec: 'text' });
    parentPort.postMessage('waits');
    await cell.wait(0);
    table.put('a', cell.load() + '!');
    await table.wait('b', 0);
    parentPort.postMessage(table.get('b'));
  `);
  await once(worker, 'message');
  cell.store('hello');
  await table.wait('a', 0);
  assert.strictEqual(table.get('a'), 'hello!');
  table.put('b', 'done');
  assert.deepStrictEqual(await once(worker, 'message'), ['done']);
  assert.strictEqual(await worker.ended, 0);
  cell.close();
  table.close();
});

for (const [how, finish] of [
  ['terminated', (worker) => worker.terminate()],
  ['told to exit', (worker) => { worker.postMessage('exit'); return worker.ended; }],
]) {
  test(`a worker that is ${how} while it waits lets go of all`, async () => {
    for (let round = 0; round < 5; round++) {
      const worker = start(`
        const cell = new Cell('t.cell'), lock = new Lock('t.lock'), second = Lock.open('t.lock');
        const channel = new Channel('t.channel'), queue = new Queue('t.queue'), table = new Table('t.table');
        globalThis.region = new Region('t.region', 100);
        globalThis.bytes = region.bytes;
        parentPort.once('message', () => process.exit(0));
        globalThis.held = await lock.acquire();
        const waits = [cell.wait(0), second.acquire(), channel.subscribe().receive(), queue.take(),
          table.wait('a', 0), table.waitAny(0)];
        parentPort.postMessage('waits');
        await Promise.all(waits);
      `);
      await once(worker, 'message');
      await finish(worker);
      for (const [noun, name] of [[Cell, 'cell'], [Lock, 'lock'], [Channel, 'channel'], [Queue, 'queue'],
        [Table, 'table'], [Region, 'region']]) {
        // The bytes that Node's threads may still have are let go a little later than their worker.
        await until(() => !isHeld(noun, `t.${name}`), `that t.${name} is free`);
      }
    }
  });
}

test('a call whose worker is terminated ends by itself', async () => {
  const queue = new Queue('call', { codec: 'text' });
  const worker = start("await Queue.open('call', { codec: 'text' }).call('question');");
  const job = await queue.take();
  assert.strictEqual(job.data, 'question');
  await worker.terminate();
  queue.close();
  // Its thread waits for the reply, and holds the object.
  assert.strictEqual(isHeld(Queue, 'call'), true);
  job.reply('answer');
  job.close();
  await until(() => !isHeld(Queue, 'call'), 'that the call has ended');
});

test('many workers come and go', async () => {
  for (let round = 0; round < 3; round++) {
    const code = `
      new Cell('come.' + workerData).store('x');
      await new Cell('go').wait(0, { timeout: 5 }).catch(() => {});
    `;
    const workers = Array.from({ length: 4 }, () => start(code, round));
    for (const worker of workers) assert.strictEqual(await worker.ended, 0);
  }
  assert.strictEqual(isHeld(Cell, 'go'), false);
});
