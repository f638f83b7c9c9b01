// Ends of all kinds: closed, collected, at the process's exit; and that nothing is left behind.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const test = require('node:test');
const { Other, collected, isHeld, refused, until } = require('./support.js');
const { Cell, Channel, Lock, Queue, Region, Table } = require('samepage');

const EVERYTHING = `
globalThis.all = [new Region('all.region', 100), new Cell('all.cell'), new Lock('all.lock'), new Channel('all.channel'),
  new Queue('all.queue'), new Table('all.table')];
const [region, cell, lock, channel, queue, table] = all;
all.push(region.buffer, region.map(10, 5), lock.tryAcquire(), channel.subscribe({ registered: true }));
queue.push('x');
all.push(queue.tryTake());
table.put('a', '1'), table.put('b', '2');
const scan = table.scan(), subscriber = all[9];
scan.next();
all.push(scan);
`;
const WAITING = `
let ended = 0;
const end = () => { ended++; };
const second = Lock.open('all.lock');
for (const wait of [cell.wait(0), subscriber.receive(), second.acquire(), table.wait('c', 0),
  table.waitAny(table.changes), queue.call('y')]) wait.then(end, end);
// The call's job is taken, so that its thread waits for its reply.
const job = await queue.take();
queue.take().then(end, end);
`;

async function assertAllFree() {
  for (const [noun, name] of [[Region, 'region'], [Cell, 'cell'], [Lock, 'lock'], [Channel, 'channel'],
    [Queue, 'queue'], [Table, 'table']]) {
    assert.strictEqual(isHeld(noun, `all.${name}`), false, name);
  }
}

for (const [how, code, result] of [
  ['by itself', '', 0],
  ['by process.exit', `${WAITING} process.exit(3);`, 3],
  ['by process.exit in a callback', `${WAITING} cell.wait(0).then(() => process.exit(4)); cell.store('x');`, 4],
  ['by an exception', `${WAITING} setImmediate(() => { throw new Error('as was to be'); });`, 1],
  ['by a signal', `${WAITING} process.kill(process.pid, 'SIGKILL');`, 'SIGKILL'],
]) {
  test(`a process that ends ${how} lets go of all`, async () => {
    const other = new Other(EVERYTHING + code);
    assert.strictEqual(await other.end(), result, other.errors);
    if (result === 1) assert.match(other.errors, /Error: as was to be/);
    else assert.strictEqual(other.errors, '');
    await assertAllFree();
  });
}

test('what is closed says so, and twice is fine', async () => {
  const all = [new Region('c.region', 10), new Cell('c.cell'), new Lock('c.lock'), new Channel('c.channel'),
    new Queue('c.queue'), new Table('c.table')];
  const subscriber = all[3].subscribe();
  all[4].push('x');
  const job = all[4].tryTake();
  for (const one of [...all, subscriber, job]) {
    assert.strictEqual(one.closed, false);
    one.close();
    one.close();
    assert.strictEqual(one.closed, true);
  }
  const [region, cell, lock, channel, queue, table] = all;
  for (const act of [() => region.sizeBytes, () => region.bytes, () => region.map(0), () => region.flush(),
    () => cell.load(), () => cell.compareExchange(0, 'x'), () => lock.tryAcquire(), () => lock.info(),
    () => channel.send('x'), () => channel.subscribe(), () => subscriber.tryReceive(), () => subscriber.nextSequence,
    () => queue.push('x'), () => queue.tryTake(), () => job.giveBack(), () => job.data, () => table.get('a'),
    () => table.put('a', 'b'), () => table.erase('a'), () => table.size, () => table.version('a'),
    () => table.add('a', 1), () => table.insert('a', 'b'), () => [...table.scan()]]) {
    assert.throws(act, refused('CLOSED'), String(act));
  }
  for (const act of [() => cell.wait(0), () => lock.acquire(), () => channel.sendAsync('x'), () => subscriber.receive(),
    () => queue.pushAsync('x'), () => queue.take(), () => queue.call('x'), () => table.wait('a', 0),
    () => table.waitAny(0)]) {
    await assert.rejects(act, refused('CLOSED'), String(act));
  }
});

test('methods of another class are refused', async () => {
  const isRefused = (error) => error instanceof TypeError || error.code === 'SAMEPAGE_INVALID_ARGUMENT';
  const all = [new Region('m.region', 10), new Cell('m.cell'), new Lock('m.lock'), new Channel('m.channel'),
    new Queue('m.queue'), new Table('m.table')];
  const [region, cell, lock, channel, queue, table] = all;
  queue.push('x');
  all.push(channel.subscribe(), queue.tryTake());
  for (const [noun, act] of [[region, (one) => region.flush.call(one)], [cell, (one) => cell.load.call(one)],
    [cell, (one) => cell.store.call(one, 'x')], [lock, (one) => lock.tryAcquire.call(one)],
    [channel, (one) => channel.send.call(one, 'x')], [queue, (one) => queue.push.call(one, 'x')],
    [table, (one) => table.get.call(one, 'x')], [table, (one) => table.put.call(one, 'x', 'y')]]) {
    for (const one of all) if (one !== noun) assert.throws(() => act(one), isRefused, String(act));
  }
  const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Cell.prototype), 'created');
  for (const one of all.slice(6)) {
    assert.throws(() => cell.checkName.call(one), TypeError);
    assert.throws(() => get.call(one), TypeError);
  }
  await assert.rejects(lock.acquire.call(table), isRefused);
  for (const one of all) one.close();
});

test('what nobody refers to is collected, and lets go', async () => {
  (() => {
    const channel = new Channel('g.channel');
    channel.mine = channel.subscribe();
    const queue = new Queue('g.queue');
    queue.push('x');
    queue.mine = queue.tryTake();
    const table = new Table('g.table');
    table.mine = table.scan();
    new Cell('g.cell').mine = new Region('g.region', 10);
  })();
  await collected(() => !isHeld(Channel, 'g.channel') && !isHeld(Queue, 'g.queue') && !isHeld(Table, 'g.table') &&
    !isHeld(Cell, 'g.cell') && !isHeld(Region, 'g.region'), 'that all is collected');
});

test('who waits for something is not collected', async () => {
  const keeper = new Cell('w.cell');
  const waiting = Cell.open('w.cell').wait(0);
  for (let i = 0; i < 5; i++) {
    global.gc();
    await new Promise(setImmediate);
  }
  keeper.store('x');
  assert.strictEqual(await waiting, 1);
  keeper.close();
});

test('descriptors and mappings come and go', async () => {
  const count = () => [fs.readdirSync('/proc/self/fd').length,
    fs.readFileSync('/proc/self/maps', 'utf8').split('\n').filter((line) => line.includes('samepage-')).length];
  const round = async () => {
    const region = new Region('r.region', 100);
    region.bytes[0] = 1;
    const cell = new Cell('r.cell');
    const waiting = cell.wait(0);
    cell.store('x');
    await waiting;
    const channel = new Channel('r.channel');
    const subscriber = channel.subscribe();
    await assert.rejects(subscriber.receive({ timeout: 1 }), refused('TIMED_OUT'));
    const queue = new Queue('r.queue');
    await assert.rejects(queue.take({ timeout: 1 }), refused('TIMED_OUT'));
    const table = new Table('r.table');
    table.put('a', 'b');
    await table.wait('a', 0);
    const lock = new Lock('r.lock');
    const held = await lock.acquire();
    await assert.rejects(lock.acquire({ timeout: 1 }), refused('TIMED_OUT'));
    held.release();
    for (const one of [region, cell, subscriber, channel, queue, table, lock]) one.close();
  };
  await round();
  await until(() => { global.gc(); return count()[1] === 0; }, 'that nothing is mapped');
  const [descriptors] = count();
  for (let i = 0; i < 10; i++) await round();
  await collected(() => count()[0] <= descriptors && count()[1] === 0, 'that nothing is left');
});
