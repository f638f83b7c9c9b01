// A table's changes from Node: read along, waited for, missed, of killed writers.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const test = require('node:test');

const { DEADLINE, Other, collected, isHeld, refused, sleep } = require('./support.js');
const { Feed, Table } = require('samepage');

test('changes are read along', async () => {
  const table = new Table('stock', { codec: 'text' });
  assert.throws(() => table.subscribe(), refused('NOT_SUPPORTED'));
  const kept = table.keepHistory(100_000);
  assert.ok(kept >= 100_000);
  assert.strictEqual(table.keepHistory(1, { timeout: 1 }), kept);
  const reader = Table.open('stock', { codec: 'text', readOnly: true });
  const feed = reader.subscribe();
  assert.ok(feed instanceof Feed);
  assert.strictEqual(feed.table, reader);
  assert.strictEqual(feed.tryNext(), undefined);
  await assert.rejects(feed.next({ timeout: 0 }), refused('TIMED_OUT'));
  await assert.rejects(feed.next({ timeout: 10 }), refused('TIMED_OUT'));
  const version = table.put('bolt', '12');
  assert.deepStrictEqual(feed.tryNext(), { key: 'bolt', version, erased: false, missed: 0 });
  const coming = feed.next({ timeout: DEADLINE });
  table.erase('bolt');
  assert.deepStrictEqual(await coming, { key: 'bolt', version, erased: true, missed: 0 });
  const { historyBytes, historyChanges } = table.info();
  assert.deepStrictEqual([historyBytes, historyChanges], [kept, 2]);
  table.put('nut', '7');
  const raw = Table.open('stock');
  const some = raw.subscribe({ prefix: Buffer.from('nu'), from: 'oldest' });
  assert.deepStrictEqual(some.tryNext().key, Buffer.from('nut'));
  assert.strictEqual(some.tryNext(), undefined);
  // The table's handle may go first.
  reader.close();
  assert.strictEqual((await feed.next()).key, 'nut');
  await assert.rejects(feed.next({ timeout: 10 }), refused('TIMED_OUT'));
  for (const one of [feed, some, raw, table]) one.close();
  assert.throws(() => feed.tryNext(), refused('CLOSED'));
  await assert.rejects(feed.next(), refused('CLOSED'));
  assert.throws(() => table.subscribe(), refused('CLOSED'));
});

test('iterating ends with the loop, the signal and the close', async () => {
  const table = new Table('loop', { codec: 'text' });
  table.keepHistory(1);
  const other = new Other(`
    const t = Table.open('loop', { codec: 'text' });
    for (const key of ['one', 'two']) {
      await hear();
      t.put(key, key);
    }
  `);
  const first = table.subscribe();
  const anyChange = table.waitAny(table.changes);
  other.tell();
  for await (const { key } of first) {
    assert.strictEqual(key, 'one');
    break;
  }
  assert.strictEqual(first.closed, true);
  assert.strictEqual(await anyChange, 1);
  const controller = new AbortController();
  const second = table.subscribe({ signal: controller.signal });
  const seen = [];
  const loop = (async () => {
    for await (const { key } of second) {
      seen.push(key);
      controller.abort();
    }
  })();
  other.tell();
  await assert.rejects(loop, { name: 'AbortError' });
  assert.deepStrictEqual(seen, ['two']);
  assert.strictEqual(second.closed, true);
  await other.end();
  const third = table.subscribe();
  const waiting = third.next();
  await sleep(1);
  third.close();
  await assert.rejects(waiting, refused('CLOSED'));
  const fourth = table.subscribe();
  const aborted = fourth.next({ signal: AbortSignal.timeout(5) });
  await assert.rejects(aborted, { name: 'TimeoutError' });
  table.close();
  fourth.close();
});

test('what was missed is told', () => {
  const table = new Table('overrun');
  table.keepHistory(1);
  const feed = table.subscribe();
  for (let number = 0; number < 5000; number++) table.put('key', String(number));
  let changes = 0;
  let last;
  for (let change = feed.tryNext(); change !== undefined; change = feed.tryNext()) {
    changes += change.missed + 1;
    last = change.version;
  }
  assert.strictEqual(changes, 5000);
  assert.strictEqual(last, table.version('key'));
  // A key that is too long for the history: only that there was a change.
  table.put('k'.repeat(60000), 'long');
  assert.deepStrictEqual(feed.tryNext(), { key: undefined, version: 0, erased: false, missed: 1 });
  feed.close();
  table.close();
});

test("a killed writer's changes come", async () => {
  const table = new Table('killed', { codec: 'text' });
  table.keepHistory(1 << 20);
  const feed = table.subscribe();
  const other = new Other(`
    const t = Table.open('killed');
    for (;;) t.put('key', 'value');
  `);
  const versions = [];
  while (versions.length < 1000) versions.push((await feed.next({ timeout: DEADLINE })).version);
  await other.kill();
  const last = table.put('key', 'end');
  while (versions.at(-1) !== last) versions.push((await feed.next({ timeout: DEADLINE })).version);
  assert.deepStrictEqual(versions, [...new Set(versions)].sort((a, b) => a - b));
  feed.close();
  table.close();
});

test('a collected feed holds its table no more', async () => {
  let table = new Table('collected');
  table.keepHistory(1);
  table.subscribe();
  table.close();
  table = undefined;
  await collected(() => !isHeld(Table, 'collected'), 'the end of the feed');
});

test('what is no argument is refused', () => {
  const table = new Table('garbage');
  table.keepHistory(1);
  assert.throws(() => table.keepHistory('x'), TypeError);
  assert.throws(() => table.keepHistory(0), refused('INVALID_ARGUMENT'));
  assert.throws(() => table.subscribe({ from: 5 }), TypeError);
  assert.throws(() => table.subscribe({ prefix: 5 }), TypeError);
  assert.throws(() => new Feed(table, 5).tryNext(), TypeError);
  table.close();
});
