// Tables: records, iteration, versions, waiting, processes that write at once.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { DEADLINE, Other, folder, refused, sleep } = require('./support.js');
const { Cell, Channel, Table, ls, lookUp } = require('samepage');

const MARK_AT = 12624;

test('records under keys', () => {
  const table = new Table('stock', { codec: 'text' });
  assert.deepStrictEqual([table.get('bolt'), table.has('bolt'), table.version('bolt')], [undefined, false, 0]);
  assert.strictEqual(table.size, 0);
  const version = table.put('bolt', '12');
  assert.deepStrictEqual([table.get('bolt'), table.has('bolt'), table.version('bolt')], ['12', true, version]);
  assert.deepStrictEqual(table.getVersioned('bolt'), { value: '12', version });
  assert.strictEqual(table.getVersioned('nut'), undefined);
  assert.throws(() => table.insert('bolt', '1'), refused('ALREADY_EXISTS'));
  table.insert('nut', '5');
  assert.throws(() => table.compareExchange('bolt', version + 1, '1'), refused('CONFLICT'));
  assert.ok(table.compareExchange('bolt', version, '11') > version);
  table.update('bolt', (value) => String(Number(value) - 1));
  table.update('screw', (value) => String(value));
  assert.deepStrictEqual(new Map(table), new Map([['bolt', '10'], ['nut', '5'], ['screw', 'undefined']]));
  assert.strictEqual(table.erase('nut'), true);
  assert.strictEqual(table.erase('nut'), false);
  assert.strictEqual(table.size, 2);
  assert.strictEqual(table.info().records, 2);
  assert.strictEqual(table.get(Buffer.from('bolt')), '10');
  assert.throws(() => table.get(5), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => table.put('a', 5), TypeError);
  table.close();
  assert.throws(() => table.get('bolt'), refused('CLOSED'));
  assert.throws(() => [...table], refused('CLOSED'));
});

test('records expire', async () => {
  const table = new Table('expiring', { codec: 'text' });
  const day = 86_400_000;
  assert.strictEqual(table.expiresAt('a'), undefined);
  table.put('a', '1', { expiresIn: day });
  const at = table.expiresAt('a');
  assert.ok(at > new Date(Date.now() + day / 2) && at < new Date(Date.now() + 2 * day));
  table.update('a', () => '2');
  assert.deepStrictEqual(table.expiresAt('a'), at, 'a change leaves the moment');
  table.compareExchange('a', table.version('a'), '3', { expiresIn: 2 * day });
  assert.ok(table.expiresAt('a') > at);
  table.put('a', '4');
  assert.strictEqual(table.expiresAt('a'), null);
  table.insert('b', '1', { expiresIn: day });
  assert.notStrictEqual(table.expiresAt('b'), null);
  table.add('n', 1, { expiresIn: day });
  table.add('n', 1);
  assert.notStrictEqual(table.expiresAt('n'), null);
  const version = table.put('c', '1', { expiresIn: 1 });
  assert.strictEqual(await table.wait('c', version), 0);
  assert.strictEqual(table.get('c'), undefined);
  assert.throws(() => table.put('a', '1', { expiresIn: -1 }), TypeError);
  table.close();
});

test('iterators see each record once', () => {
  const table = new Table('scan', { codec: 'json' });
  for (let i = 0; i < 1000; i++) table.put(`${i % 2 ? 'odd' : 'even'}:${i}`, { i });
  const entries = [...table.entries()];
  assert.strictEqual(new Set(entries.map(([key]) => key)).size, 1000);
  assert.ok(entries.every(([key, { i }]) => key.endsWith(`:${i}`)));
  assert.strictEqual([...table.keys()].length, 1000);
  assert.strictEqual([...table.values()].reduce((sum, { i }) => sum + i, 0), 499500);
  const odd = [...table.scan('odd:')];
  assert.strictEqual(odd.length, 500);
  assert.ok(odd.every(({ key, version }) => version === table.version(key)));
  for (const record of table) {
    assert.strictEqual(record.length, 2);
    break;
  }
  // A scan goes on after the table's handle is closed.
  const scan = table.scan();
  scan.next();
  table.close();
  assert.strictEqual([...scan].length, 999);
});

test('bytes stay bytes, and large values come whole', () => {
  const table = new Table('bytes');
  const key = Buffer.from([0, 255, 128]);
  const value = Buffer.alloc(300000, 9);
  table.put(key, value);
  assert.ok(table.get(key).equals(value));
  const [[seenKey, seenValue]] = [...table];
  assert.ok(seenKey.equals(key) && seenValue.equals(value));
  table.close();
});

test('numbers are added to by several processes', async () => {
  const table = new Table('sums');
  const code = "const table = Table.open('sums'); for (let i = 0; i < 500; i++) table.add('n', 2, { timeout: 60000 });";
  const others = [new Other(code), new Other(code)];
  for (let i = 0; i < 500; i++) table.add('n', -1n, { timeout: 60000 });
  for (const other of others) assert.strictEqual(await other.end(), 0, other.errors);
  assert.strictEqual(table.add('n', 0), 1500n);
  assert.strictEqual(table.add('m', -1), 2n ** 64n - 1n);
  table.close();
});

test('updates of several processes are all counted', async () => {
  const table = new Table('counts', { codec: 'json' });
  const code = `
    const table = Table.open('counts', { codec: 'json' });
    for (let i = 0; i < 300; i++) table.update('k' + i % 3, (n = 0) => n + 1, { timeout: 60000 });
  `;
  const others = [new Other(code), new Other(code)];
  for (let i = 0; i < 300; i++) table.update(`k${i % 3}`, (n = 0) => n + 1, { timeout: 60000 });
  for (const other of others) assert.strictEqual(await other.end(), 0, other.errors);
  assert.deepStrictEqual(new Map(table), new Map([['k0', 300], ['k1', 300], ['k2', 300]]));
  table.close();
});

test('waiting for a change holds up nothing', async () => {
  const table = new Table('changes', { codec: 'text' });
  const other = new Other(`
    const table = Table.open('changes', { codec: 'text' });
    say('there');
    await hear();
    table.put('a', 'new');
    await hear();
    table.erase('a');
  `);
  assert.strictEqual(await other.line(), 'there');
  let ticks = 0;
  const timer = setInterval(() => { if (++ticks === 5) other.tell(); }, 1);
  const version = await table.wait('a', 0);
  clearInterval(timer);
  assert.strictEqual(version, table.version('a'));
  const { changes } = table;
  const gone = table.wait('a', version);
  const any = table.waitAny(changes);
  other.tell();
  assert.deepStrictEqual(await Promise.all([gone, any]), [0, changes + 1]);
  assert.strictEqual(await other.end(), 0, other.errors);
  assert.strictEqual(await table.wait('a', 7), 0);

  const seen = [];
  for await (const value of table.changesOf('b')) {
    seen.push(value);
    if (seen.length === 3) break;
    setImmediate(() => table.put('b', `${seen.length}`));
  }
  assert.deepStrictEqual(seen, [undefined, '1', '2']);
  table.close();
});

test('time, signals and close end a wait', async () => {
  const table = new Table('ends');
  await assert.rejects(table.wait('a', 0, { timeout: 0 }), refused('TIMED_OUT'));
  await assert.rejects(table.wait('a', 0, { timeout: 120 }), refused('TIMED_OUT'));
  await assert.rejects(table.waitAny(0, { signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' });
  await assert.rejects(table.wait('a', -1), TypeError);
  const waiting = [table.wait('a', 0), table.waitAny(0)];
  await sleep(5);
  table.close();
  for (const wait of waiting) await assert.rejects(wait, refused('CLOSED'));
  await assert.rejects(table.wait('a', 0), refused('CLOSED'));
});

test('a locked key is kept from other handles, also of a killed process', async () => {
  const table = new Table('locked', { codec: 'text' });
  const other = new Other(`
    const table = Table.open('locked', { codec: 'text' });
    globalThis.held = await table.lock('a');
    table.put('a', 'mine');
    say('locked');
    await hear();
    held.release();
    await hear();
    globalThis.all = await table.lockAll();
    say('all');
    await hear();
  `);
  assert.strictEqual(await other.line(), 'locked');
  assert.strictEqual(table.get('a'), 'mine');
  assert.throws(() => table.put('a', 'x', { timeout: 0 }), refused('TIMED_OUT'));
  table.put('b', 'x');
  await assert.rejects(table.lock('a', { timeout: 0 }), refused('TIMED_OUT'));
  await assert.rejects(table.lock('a', { timeout: 10 }), refused('TIMED_OUT'));
  await assert.rejects(table.lock('a', { signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' });
  await assert.rejects(table.lock(), TypeError);
  const waiting = table.lock('a');
  other.tell();
  const held = await waiting;
  assert.strictEqual(held.ownerDied, false);
  table.put('a', 'ours');
  other.tell();
  held.release();
  held.release();
  assert.strictEqual(held.closed, true);
  assert.strictEqual(await other.line(), 'all');
  const next = table.lockAll();
  await other.kill();
  const inherited = await next;
  assert.strictEqual(inherited.ownerDied, true);
  inherited.markRepaired();
  assert.strictEqual(inherited.ownerDied, false);
  inherited.close();
  const again = await table.lockAll();
  assert.strictEqual(again.ownerDied, false);
  table.put('b', 'within');
  again.release();
  assert.strictEqual(await table.verify(), 2);
  table.close();
  await assert.rejects(table.lock('a'), refused('CLOSED'));
  await assert.rejects(table.verify(), refused('CLOSED'));
});

test('checkpoints', async () => {
  const place = path.join(folder, 'checkpoint.page');
  const table = Table.createNew(place, { codec: 'text' });
  table.put('bolt', 'old');
  const made = await table.checkpoint();
  assert.strictEqual(made.records, 1);
  assert.strictEqual(made.sizeBytes, fs.statSync(place + '.checkpoint').size);
  assert.ok(made.stallMs > 0);
  assert.strictEqual(table.wentBack, false);
  const { isClean, checkpointUnixMs, returnedUnixMs } = table.info();
  assert.deepStrictEqual([isClean, returnedUnixMs], [0, 0]);
  assert.ok(Math.abs(Date.now() - checkpointUnixMs) < 3600 * 1000);
  table.put('bolt', 'new');
  table.close();
  await assert.rejects(table.checkpoint(), refused('CLOSED'));

  // What a power failure leaves: the mark (docs/format.md) is that of another boot.
  const file = fs.openSync(place, 'r+');
  fs.writeSync(file, Buffer.from([103, 18, 0, 0, 0, 0, 0, 0]), 0, 8, MARK_AT);
  fs.closeSync(file);
  const left = Table.open(place, { codec: 'text', readOnly: true, asItIs: true });
  assert.strictEqual(left.get('bolt'), 'new');
  left.close();
  const back = Table.open(place, { codec: 'text' });
  assert.strictEqual(back.wentBack, true);
  assert.strictEqual(back.get('bolt'), 'old');
  assert.strictEqual(back.info().returnedToUnixMs, checkpointUnixMs);
  back.close();

  const named = new Table('named');
  await assert.rejects(named.checkpoint(), refused('NOT_SUPPORTED'));
  named.close();
});

test('many records at once', () => {
  const table = new Table('many');
  const keys = new BigUint64Array(1000).map((_, index) => BigInt(index));
  const values = new BigUint64Array(1000);
  for (let index = 0; index < 1000; index += 2) table.add(keys.subarray(index, index + 1), 3 * index);
  const versions = table.getMany(keys, 8, values, 8);
  assert.ok(versions.every((version, index) => (version !== 0n) === (index % 2 === 0)));
  assert.ok(values.every((value, index) => value === (index % 2 === 0 ? 3n * BigInt(index) : 0n)));
  assert.throws(() => table.getMany(keys, 8, new Uint8Array(4000), 4), refused('WRONG_KIND'));
  assert.throws(() => table.getMany(keys, 8, values, 4), RangeError);
  assert.throws(() => table.getMany(keys, 16, values, 8), RangeError);
  assert.throws(() => table.getMany(keys, 8, '12345678', 8), TypeError);
  assert.throws(() => table.getMany(keys, 'a', values, 8), { name: /(Type|Range)Error/ });
  assert.strictEqual(table.getMany(new Uint8Array(0), 8, new Uint8Array(0), 8).length, 0);
  table.close();
  assert.throws(() => table.getMany(keys, 8, values, 8), refused('CLOSED'));
});

test('many records are put at once', async () => {
  const table = new Table('putMany');
  const keys = new BigUint64Array(1000).map((_, index) => BigInt(index));
  const values = new Float32Array(1000).map((_, index) => index / 8);
  const into = new Float32Array(1000);
  const versions = table.putMany(keys, 8, values, 4);
  assert.strictEqual(versions.length, 1000);
  assert.deepStrictEqual(table.getMany(keys, 8, into, 4), versions);
  assert.deepStrictEqual(into, values);
  const key = keys.subarray(5, 6);
  assert.strictEqual(table.expiresAt(key), null);
  const newer = table.putMany(keys.subarray(0, 10), 8, values.subarray(0, 10), 4, { expiresIn: 3600e3, timeout: 1000 });
  assert.ok(newer.length === 10 && newer.every((version, index) => version > versions[index]));
  assert.ok(table.expiresAt(key) > new Date());
  assert.throws(() => table.putMany(keys, 8, values, 8), RangeError);
  assert.throws(() => table.putMany(keys, 16, values, 4), RangeError);
  assert.throws(() => table.putMany(keys, 8, 5, 4), TypeError);
  assert.throws(() => table.putMany(keys, 8, values, 4, { timeout: '5' }), TypeError);
  assert.strictEqual(table.putMany(new Uint8Array(0), 8, new Uint8Array(0), 8).length, 0);
  // Where another one has locked a key, those before it are put.
  const other = Table.open('putMany');
  const held = await other.lock(keys.subarray(3, 4));
  assert.strictEqual(table.putMany(keys, 8, values, 4, { timeout: 10 }).length, 3);
  const rest = () => table.putMany(keys.subarray(3), 8, values.subarray(3), 4, { timeout: 10 });
  assert.throws(rest, refused('TIMED_OUT'));
  held.release();
  other.close();
  table.close();
  assert.throws(() => table.putMany(keys, 8, values, 4), refused('CLOSED'));
});

test('many records are put without holding up the event loop', async () => {
  const table = new Table('putManyAsync');
  const count = 300000;
  const keys = new BigUint64Array(count).map((_, index) => BigInt(index));
  const put = table.putManyAsync(keys, 8, keys, 8);
  const kept = keys.slice();
  keys.fill(0n); // what is put is a copy
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const versions = await put.finally(() => clearInterval(timer));
  assert.ok(turns > 0);
  assert.strictEqual(versions.length, count);
  const into = new BigUint64Array(count);
  assert.deepStrictEqual(table.getMany(kept, 8, into, 8), versions);
  assert.deepStrictEqual(into, kept);
  const few = kept.subarray(0, 10);
  assert.strictEqual((await table.putManyAsync(few, 8, few, 8, { expiresIn: 3600e3 })).length, 10);
  assert.ok(table.expiresAt(few.subarray(5, 6)) > new Date());
  assert.strictEqual((await table.putManyAsync(new Uint8Array(0), 8, new Uint8Array(0), 8)).length, 0);
  await assert.rejects(table.putManyAsync(few, 16, few, 8), RangeError);
  await assert.rejects(table.putManyAsync(few, 8, 5, 8), TypeError);
  // Where another one has locked a key.
  const other = Table.open('putManyAsync');
  const held = await other.lock(few.subarray(3, 4));
  assert.strictEqual((await table.putManyAsync(few, 8, few, 8, { timeout: 60 })).length, 3);
  const rest = (options) => table.putManyAsync(few.subarray(3), 8, few.subarray(3), 8, options);
  await assert.rejects(rest({ timeout: 60 }), refused('TIMED_OUT'));
  await assert.rejects(rest({ timeout: Infinity, signal: AbortSignal.timeout(60) }), { name: 'TimeoutError' });
  const late = rest({ timeout: Infinity });
  setTimeout(() => held.release(), 60);
  assert.strictEqual((await late).length, 7);
  const waiting = other.lock(few.subarray(3, 4)).then(() => rest({ timeout: Infinity }));
  setTimeout(() => table.close(), 100);
  await assert.rejects(waiting, refused('CLOSED'));
  other.close();
  await assert.rejects(table.putManyAsync(few, 8, few, 8), refused('CLOSED'));
});

test('compacting', async () => {
  const table = new Table('compact');
  const value = Buffer.alloc(200);
  for (let index = 0; index < 20000; index++) table.put(`${index}`, value);
  for (let index = 0; index < 20000; index++) if (index % 10 !== 0) table.erase(`${index}`);
  const before = table.info().sizeBytes;
  const other = Table.open('compact');
  const pending = await table.compact();
  assert.strictEqual(pending.givenBytes, 0);
  assert.ok(pending.recordsMoved > 0 && pending.pendingBytes > 0);
  other.close();
  const done = await table.compact({ timeout: DEADLINE });
  assert.ok(done.givenBytes > 0 && done.sizeBytes < before);
  assert.strictEqual(await table.verify(), 2000);
  table.close();
  await assert.rejects(table.compact(), refused('CLOSED'));
});

test('a sole writer is alone until it is killed', async () => {
  const nouns = [new Cell('sole.cell'), new Channel('sole.channel'), new Table('sole.table')];
  const [cell, channel, table] = nouns;
  const writes = [() => cell.store('x'), () => channel.send('x'), () => table.put('k', 'x')];
  for (const write of writes) write();
  const other = new Other(`
    const options = { soleWriter: true };
    const cell = new Cell('sole.cell', options), channel = Channel.open('sole.channel', options);
    const table = Table.open('sole.table', options);
    cell.store('one'); channel.send('one'); table.put('k', 'one');
    say('alone');
    await hear();
  `);
  assert.strictEqual(await other.line(), 'alone');
  for (const [index, noun] of nouns.entries()) {
    assert.throws(writes[index], refused('DENIED'));
    assert.throws(() => new noun.constructor(noun.place, { soleWriter: true }), refused('DENIED'));
    assert.strictEqual(noun.info().soleWriterProcess, other.child.pid);
  }
  assert.deepStrictEqual([cell.load().toString(), table.get('k').toString()], ['one', 'one']);
  await other.kill();
  for (const [index, noun] of nouns.entries()) {
    writes[index]();
    assert.strictEqual(noun.info().soleWriterProcess, 0);
    noun.close();
  }
});

test('what there is', () => {
  const table = new Table('listed');
  assert.deepStrictEqual(ls().filter(({ place }) => place === 'listed').map(({ kind, holders }) => [kind, holders]),
    [['table', []]]);
  const { kind, sizeBytes, holders, holdersComplete } = lookUp('listed');
  assert.deepStrictEqual([kind, sizeBytes, holdersComplete], ['table', table.info().sizeBytes, true]);
  assert.deepStrictEqual(holders.map(({ process: number }) => number), [process.pid]);
  assert.ok(ls({ holders: true }).find(({ place }) => place === 'listed').holders[0].command.includes('node'));
  table.close();
  assert.ok(!ls().some(({ place }) => place === 'listed'));
  assert.throws(() => lookUp('listed'), refused('NOT_FOUND'));
  assert.throws(() => lookUp(5), TypeError);
});

test('files stay', () => {
  const place = path.join(folder, 'stock.page');
  const table = Table.createNew(place, { codec: 'json' });
  table.put('bolt', { count: 3 });
  table.close();
  const reader = Table.open(place, { codec: 'json', readOnly: true });
  assert.deepStrictEqual(reader.get('bolt'), { count: 3 });
  assert.throws(() => reader.put('bolt', 0), refused('DENIED'));
  reader.close();
});
