// Locks: one owner at a time, the death of owners, waiting in threads.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const test = require('node:test');
const { Other, refused, until } = require('./support.js');
const { Cell, Lock } = require('samepage');

test('one handle owns it', async () => {
  const lock = new Lock('one');
  const held = await lock.acquire();
  assert.strictEqual(held.ownerDied, false);
  assert.strictEqual(lock.info().owned, true);
  assert.strictEqual(lock.info().ownerProcess, process.pid);
  assert.strictEqual(lock.tryAcquire(), undefined);
  const second = Lock.open('one');
  assert.strictEqual(second.tryAcquire(), undefined);
  const waiting = second.acquire();
  held.release();
  held.release();
  const next = await waiting;
  assert.strictEqual(lock.tryAcquire(), undefined);
  second.close();
  next.release();
  assert.strictEqual(lock.info().owned, false);
  lock.close();
});

test('time, signals and close end an acquire, which owns nothing then', async () => {
  const lock = new Lock('ends');
  const held = lock.tryAcquire();
  const second = Lock.open('ends');
  await assert.rejects(second.acquire({ timeout: 0 }), refused('TIMED_OUT'));
  await assert.rejects(second.acquire({ timeout: 20 }), refused('TIMED_OUT'));
  await assert.rejects(second.acquire({ timeout: NaN }), TypeError);
  await assert.rejects(second.acquire({ signal: AbortSignal.abort() }), { name: 'AbortError' });
  await assert.rejects(second.acquire({ signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' });
  const waiting = second.acquire();
  second.close();
  await assert.rejects(waiting, refused('CLOSED'));
  await assert.rejects(second.acquire(), refused('CLOSED'));
  held.release();
  // Whoever was cancelled lets go of what it got nevertheless.
  await until(() => {
    const again = lock.tryAcquire();
    again?.release();
    return again !== undefined;
  }, 'that the lock is free');
  lock.close();
});

test('acquires that are aborted while the lock changes hands never keep it', async () => {
  const lock = new Lock('race');
  for (let i = 0; i < 50; i++) {
    const held = await lock.acquire();
    const controller = new AbortController();
    const waiting = lock.acquire({ signal: controller.signal });
    if (i % 2 === 0) held.release();
    controller.abort();
    if (i % 2 !== 0) held.release();
    const got = await waiting.catch((error) => assert.strictEqual(error.name, 'AbortError'));
    got?.release();
  }
  (await lock.acquire({ timeout: 60000 })).release();
  lock.close();
});

test('processes exclude each other', async () => {
  const lock = new Lock('exclusive');
  const cell = new Cell('exclusive.count', { codec: 'int32' });
  cell.store(0);
  const code = `
    const lock = Lock.open('exclusive');
    const cell = Cell.open('exclusive.count', { codec: 'int32' });
    for (let i = 0; i < 100; i++) {
      await lock.holding(async () => {
        const seen = cell.load();
        if (i % 10 === 0) await new Promise(setImmediate);
        cell.store(seen + 1);
      });
    }
  `;
  const others = [new Other(code), new Other(code)];
  for (let i = 0; i < 100; i++) await lock.holding(() => cell.store(cell.load() + 1));
  for (const other of others) assert.strictEqual(await other.end(), 0, other.errors);
  assert.strictEqual(cell.load(), 300);
  assert.strictEqual(await lock.holding(async () => 5), 5);
  await assert.rejects(lock.holding(async () => { throw new Error('inside'); }), /inside/);
  assert.strictEqual(lock.info().owned, false);
  lock.close();
  cell.close();
});

test('the death of an owner is told', async () => {
  const lock = new Lock('death');
  const other = new Other(`
    globalThis.held = await Lock.open('death').acquire();
    say('owns');
    await hear();
  `);
  assert.strictEqual(await other.line(), 'owns');
  const waiting = lock.acquire();
  await other.kill();
  const held = await waiting;
  assert.strictEqual(held.ownerDied, true);
  held.release();
  const again = await lock.acquire();
  assert.strictEqual(again.ownerDied, true);
  again.markRepaired();
  assert.strictEqual(again.ownerDied, false);
  again.release();
  const third = await lock.acquire();
  assert.strictEqual(third.ownerDied, false);
  lock.close();
  third.release();
});

test('dispose, where there is one, releases and closes', { skip: Symbol.dispose === undefined }, () => {
  const lock = new Lock('dispose');
  const held = lock.tryAcquire();
  held[Symbol.dispose]();
  assert.strictEqual(lock.info().owned, false);
  lock[Symbol.dispose]();
  assert.strictEqual(lock.closed, true);
});
