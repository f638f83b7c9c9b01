// Regions: the bytes themselves, seen by other processes; what becomes of buffers.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Other, collected, folder, isHeld, refused } = require('./support.js');
const { Region } = require('samepage');

test('two processes see the same bytes', async () => {
  const region = new Region('shared', 4096);
  assert.strictEqual(region.created, true);
  assert.strictEqual(region.sizeBytes, 4096);
  assert.strictEqual(region.place, 'shared');
  const numbers = new Int32Array(region.buffer);
  numbers[1] = 41;
  const other = new Other(`
    const region = Region.open('shared');
    const numbers = new Int32Array(region.buffer);
    say(region.created, numbers[1]);
    await hear();
    for (let i = 0; i < 10000; i++) Atomics.add(numbers, 2, 1);
    region.writeText('grüße', 100);
  `);
  assert.strictEqual(await other.line(), 'false 41');
  other.tell();
  for (let i = 0; i < 10000; i++) Atomics.add(numbers, 2, 1);
  assert.strictEqual(await other.end(), 0);
  assert.strictEqual(numbers[2], 20000);
  assert.strictEqual(region.readText(100), 'grüße');
  assert.strictEqual(region.buffer, region.buffer);
  assert.strictEqual(region.bytes.readInt32LE(8), 20000);
  assert.deepStrictEqual([...region.read(8, 2)], [0x20, 0x4e]);
  region.close();
});

test('close detaches its buffers and frees the name', () => {
  const region = new Region('detached', 100);
  const whole = new Uint8Array(region.buffer);
  const part = new Uint8Array(region.map(10, 20));
  part[0] = 5;
  assert.strictEqual(whole[10], 5);
  assert.strictEqual(part.length, 20);
  region.close();
  region.close();
  assert.deepStrictEqual([whole.length, part.length, region.closed], [0, 0, true]);
  assert.strictEqual(isHeld(Region, 'detached'), false);
  assert.throws(() => region.buffer, refused('CLOSED'));
  assert.throws(() => region.read(), refused('CLOSED'));
  assert.throws(() => region.readText(), refused('CLOSED'));
});

test('what Node does with the bytes meanwhile finds them until it is done', async () => {
  const file = path.join(folder, 'content');
  fs.writeFileSync(file, Buffer.alloc(1 << 20, 7));
  const handle = await fs.promises.open(file);
  for (let i = 0; i < 20; i++) {
    const region = new Region('reading', 1 << 20);
    const reading = handle.read(region.bytes, 0, 1 << 20, 0);
    region.close();
    await reading.catch(() => {});
    assert.strictEqual(isHeld(Region, 'reading'), false);
  }
  await handle.close();
});

test('a buffer keeps its region; without one it is collected', async () => {
  let bytes = new Region('kept', 64).bytes;
  const seen = new WeakRef(bytes.buffer);
  global.gc();
  bytes[0] = 1;
  assert.strictEqual(isHeld(Region, 'kept'), true);
  bytes = undefined;
  await collected(() => seen.deref() === undefined && !isHeld(Region, 'kept'), 'that the region is collected');
});

test('windows are as long as one wants, anywhere', () => {
  const region = new Region('windows', 10000);
  const bytes = region.bytes;
  for (const [offset, size] of [[0, 1], [4095, 2], [9999, 1], [5000, 5000]]) {
    bytes[offset] = offset % 251;
    const window = new Uint8Array(region.map(offset, size));
    assert.deepStrictEqual([window.length, window[0]], [size, offset % 251]);
  }
  assert.throws(() => region.map(9999, 2), refused('INVALID_ARGUMENT'));
  assert.throws(() => region.read(9999, 2), { code: 'ERR_OUT_OF_RANGE' });
  region.close();
});

test('opened to read it gives copies, as nothing keeps JavaScript from writing', () => {
  const region = new Region('reader', 10);
  region.writeText('text');
  const reader = Region.open('reader', { readOnly: true });
  assert.throws(() => reader.buffer, TypeError);
  const copy = reader.read();
  assert.strictEqual(copy.toString('utf8', 0, 4), 'text');
  copy[0] = 0;
  assert.strictEqual(reader.readText(), 'text');
  assert.throws(() => reader.writeText('x'), refused('DENIED'));
  region.close();
  reader.close();
});

test('files stay', () => {
  const place = path.join(folder, 'file.page');
  const region = Region.createNew(place, 30);
  region.writeText('stays');
  region.flush();
  region.close();
  assert.throws(() => Region.createNew(place, 30), refused('ALREADY_EXISTS'));
  const again = Region.open(place);
  assert.strictEqual(again.readText(), 'stays');
  again.close();
});

test('what is wrong is said', () => {
  assert.throws(() => Region.open('nobody'), refused('NOT_FOUND'));
  assert.throws(() => new Region(5, 10), TypeError);
  assert.throws(() => new Region('zero\0inside', 10), TypeError);
  assert.throws(() => new Region('size', -1), TypeError);
  assert.throws(() => new Region('size', 1.5), TypeError);
  assert.throws(() => new Region('size', 0), refused('INVALID_ARGUMENT'));
  const region = new Region('small', 4);
  assert.throws(() => region.writeText('too large'), refused('TOO_LARGE'));
  region.close();
});
