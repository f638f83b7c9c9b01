// Cells: values and codecs, waiting that holds up nobody, processes that store at once.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const test = require('node:test');
const { Other, isHeld, refused, sleep } = require('./support.js');
const { Cell } = require('samepage');

test('the newest value, whole, with its version', () => {
  const cell = new Cell('value', { capacityBytes: 100 });
  assert.strictEqual(cell.created, true);
  assert.ok(cell.capacityBytes >= 100);
  assert.deepStrictEqual([cell.load(), cell.loadVersioned(), cell.version], [undefined, undefined, 0]);
  assert.strictEqual(cell.store('grüße'), 1);
  assert.ok(Buffer.isBuffer(cell.load()));
  assert.strictEqual(cell.load().toString(), 'grüße');
  for (const bytes of [Buffer.from('abc'), new Uint8Array([97, 98, 99]), new Uint8Array([97, 98, 99]).buffer,
    new DataView(new Uint8Array([97, 98, 99]).buffer)]) {
    cell.store(bytes);
    assert.strictEqual(cell.load().toString(), 'abc');
  }
  cell.store(new Uint16Array([1, 2]).subarray(1));
  assert.deepStrictEqual([...cell.load()], [2, 0]);
  cell.store('');
  assert.strictEqual(cell.load().length, 0);
  assert.throws(() => cell.store('x'.repeat(cell.capacityBytes + 1)), refused('TOO_LARGE'));
  assert.throws(() => cell.store(5), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => cell.store(), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.strictEqual(cell.info().version, cell.version);
  cell.close();
});

test('strings of all lengths and values larger than the stack', () => {
  const cell = new Cell('lengths', { capacityBytes: 300000, codec: 'text' });
  for (const size of [1, 506, 507, 508, 509, 510, 511, 512, 513, 4095, 4096, 4097, 100000]) {
    for (const text of ['x'.repeat(size), '€'.repeat(size), `${'x'.repeat(size)}😀`]) {
      if (Buffer.byteLength(text) > 300000) continue;
      cell.store(text);
      assert.ok(cell.load() === text, `${size}`);
    }
  }
  cell.close();
});

test('codecs say what values are', () => {
  for (const [codec, value, bytes] of [
    ['text', 'abc', 'abc'],
    ['json', { a: [1, null] }, '{"a":[1,null]}'],
    ['float64', 0.1, new Float64Array([0.1]).buffer],
    ['float32', 0.5, new Float32Array([0.5]).buffer],
    ['int64', -(2n ** 63n), new BigInt64Array([-(2n ** 63n)]).buffer],
    ['uint64', 2n ** 64n - 1n, new BigUint64Array([2n ** 64n - 1n]).buffer],
    ['int32', -2, new Int32Array([-2]).buffer],
    ['uint32', 2 ** 32 - 1, new Uint32Array([2 ** 32 - 1]).buffer],
    ['int16', -2, new Int16Array([-2]).buffer],
    ['uint16', 65535, new Uint16Array([65535]).buffer],
    ['int8', -2, new Int8Array([-2]).buffer],
    ['uint8', 255, new Uint8Array([255]).buffer],
    [{ encode: (set) => [...set].join(), decode: (b) => new Set(b.toString().split(',')) }, new Set(['a', 'b']), 'a,b'],
  ]) {
    const cell = new Cell('codec', { codec });
    cell.store(value);
    assert.deepStrictEqual(cell.load(), value);
    const raw = Cell.open('codec');
    assert.deepStrictEqual(raw.load(), Buffer.from(bytes));
    raw.close();
    cell.close();
  }
  const number = new Cell('codec', { codec: 'float64' });
  const text = Cell.open('codec', { codec: 'text' });
  text.store('abc');
  assert.throws(() => number.load(), RangeError);
  assert.throws(() => text.store(5), TypeError);
  assert.throws(() => new Cell('codec', { codec: 'pickle' }), TypeError);
  assert.throws(() => new Cell('codec', { codec: 'toString' }), TypeError);
  number.close();
  text.close();
});

test('a wait holds up nothing, and ends with a store of another process', async () => {
  const cell = new Cell('waiting', { codec: 'text' });
  const other = new Other(`
    const cell = Cell.open('waiting', { codec: 'text' });
    say('there');
    await hear();
    cell.store('news');
  `);
  assert.strictEqual(await other.line(), 'there');
  let ticks = 0;
  const timer = setInterval(() => { if (++ticks === 5) other.tell(); }, 1);
  assert.strictEqual(await cell.wait(0), 1);
  clearInterval(timer);
  assert.ok(ticks >= 5);
  assert.strictEqual(cell.load(), 'news');
  assert.strictEqual(await cell.wait(0), 1);
  assert.strictEqual(await other.end(), 0);
  cell.close();
});

test('a process stays while it waits, and ends with it', async () => {
  const cell = new Cell('stays');
  const other = new Other("say('there'); say(await Cell.open('stays').wait(0));");
  assert.strictEqual(await other.line(), 'there');
  cell.store('x');
  assert.strictEqual(await other.line(), '1');
  assert.strictEqual(await other.end(), 0);
  cell.close();
});

test('time, signals and close end a wait', async () => {
  const cell = new Cell('ends');
  await assert.rejects(cell.wait(0, { timeout: 0 }), refused('TIMED_OUT'));
  await assert.rejects(cell.wait(0, { timeout: 20 }), refused('TIMED_OUT'));
  await assert.rejects(cell.wait(0, { timeout: -1 }), TypeError);
  await assert.rejects(cell.wait(0, { timeout: '5' }), TypeError);
  const reason = new Error('no more');
  await assert.rejects(cell.wait(0, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const aborted = cell.wait(0, { signal: controller.signal });
  const others = [cell.wait(0), cell.wait(0)];
  await sleep(5);
  controller.abort();
  await assert.rejects(aborted, { name: 'AbortError' });
  cell.close();
  for (const waiting of others) await assert.rejects(waiting, refused('CLOSED'));
  await assert.rejects(cell.wait(0), refused('CLOSED'));
});

test('who waits at once is woken at once, and waits again', async () => {
  const cell = new Cell('many', { codec: 'int32' });
  for (let round = 0; round < 20; round++) {
    const waiting = Array.from({ length: 10 }, () => cell.wait(round));
    setImmediate(() => cell.store(round));
    assert.deepStrictEqual(await Promise.all(waiting), Array(10).fill(round + 1));
  }
  cell.close();
});

test('changes come as they are looked at, up to the newest', async () => {
  const cell = new Cell('changes', { codec: 'int32' });
  const other = new Other(`
    const cell = Cell.open('changes', { codec: 'int32' });
    for (let i = 1; i <= 500; i++) {
      cell.store(i);
      if (i % 50 === 0) await new Promise(setImmediate);
    }
  `);
  let last = 0;
  for await (const value of cell.changes()) {
    assert.ok(value > last);
    last = value;
    if (value === 500) break;
  }
  assert.strictEqual(await other.end(), 0);
  const controller = new AbortController();
  const seen = [];
  await assert.rejects(async () => {
    for await (const value of cell.changes({ signal: controller.signal })) {
      seen.push(value);
      setImmediate(() => controller.abort());
    }
  }, { name: 'AbortError' });
  assert.deepStrictEqual(seen, [500]);
  cell.close();
});

test('updates of several processes are all counted', async () => {
  const cell = new Cell('count', { codec: 'json' });
  const code = `
    const cell = Cell.open('count', { codec: 'json' });
    for (let i = 0; i < 300; i++) cell.update((n = 0) => n + 1, { timeout: 60000 });
  `;
  const others = [new Other(code), new Other(code)];
  for (let i = 0; i < 300; i++) cell.update((n = 0) => n + 1, { timeout: 60000 });
  for (const other of others) assert.strictEqual(await other.end(), 0);
  assert.strictEqual(cell.load(), 900);
  assert.throws(() => cell.compareExchange(cell.version + 1, 0), refused('CONFLICT'));
  assert.strictEqual(cell.compareExchange(cell.version, 0), cell.version);
  cell.close();
});

test('what is wrong is said', () => {
  assert.throws(() => Cell.open('nobody'), (error) => {
    refused('NOT_FOUND')(error);
    assert.strictEqual(error.number, 1);
    assert.strictEqual(error.operation, 'open');
    assert.match(error.message, /nobody/);
    return true;
  });
  const cell = new Cell('kind');
  assert.throws(() => Cell.createNew('kind'), refused('ALREADY_EXISTS'));
  assert.throws(() => new Cell('kind', { strategy: 'hurry' }), TypeError);
  const reader = Cell.open('kind', { readOnly: true, strategy: 'sleep' });
  assert.strictEqual(reader.readOnly, true);
  assert.throws(() => reader.store('x'), refused('DENIED'));
  reader.close();
  cell.checkName();
  cell.close();
  for (const act of [() => cell.load(), () => cell.store('x'), () => cell.version, () => cell.created,
    () => cell.checkName(), () => cell.info(), () => cell.update(() => 'x')]) {
    assert.throws(act, refused('CLOSED'));
  }
  assert.strictEqual(isHeld(Cell, 'kind'), false);
});
