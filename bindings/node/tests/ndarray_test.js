// Arrays from Node: typed arrays of the elements, whole copies, killed writers.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const test = require('node:test');

const { DEADLINE, Other, isHeld, refused } = require('./support.js');
const { NDArray, Region } = require('samepage');

test('it is opened by its name alone', async () => {
  const array = new NDArray('frame', [2, 3], '<f4');
  assert.deepStrictEqual([array.created, array.dtype, array.shape, array.strides, array.sizeBytes, array.version],
    [true, '<f4', [2, 3], [12, 4], 24, 0]);
  assert.ok(array.data instanceof Float32Array);
  array.data[5] = 1.5;
  const other = new Other(`
    const array = samepage.NDArray.open('frame');
    say(array.data[5]);
    say(array.write((data) => { data[0] = 2.5; }));
  `);
  assert.strictEqual(await other.line(), '1.5');
  assert.strictEqual(await other.line(), '1');
  await other.end();
  assert.strictEqual(array.data[0], 2.5);
  const same = new NDArray('frame', [2, 3], '<f4');
  assert.strictEqual(same.created, false);
  assert.throws(() => new NDArray('frame', [3, 2], '<f4'), refused('WRONG_KIND'));
  assert.throws(() => NDArray.createNew('frame', [2, 3], '<f4'), refused('ALREADY_EXISTS'));
  const reader = NDArray.open('frame', { readOnly: true });
  assert.throws(() => reader.data, TypeError);
  assert.throws(() => reader.write(() => {}), refused('DENIED'));
  assert.deepStrictEqual(reader.copy(), new Float32Array([2.5, 0, 0, 0, 0, 1.5]));
  const { data } = array;
  for (const one of [array, same, reader]) one.close();
  assert.strictEqual(data.length, 0);
  assert.strictEqual(isHeld(Region, 'frame'), false);
  assert.throws(() => array.copy(), refused('CLOSED'));
  assert.throws(() => array.data, refused('CLOSED'));
  assert.throws(() => array.write(() => {}), refused('CLOSED'));
});

test('all types', () => {
  for (const dtype of ['|b1', '|i1', '<i2', '<i4', '<i8', '|u1', '<u2', '<u4', '<u8', '<f2', '<f4', '<f8', '<c8', '<c16']) {
    for (const shape of [[], [5], [2, 0]]) {
      const array = new NDArray('types', shape, dtype);
      const count = shape.reduce((product, one) => product * one, 1);
      assert.strictEqual(array.data.byteLength, count * Number(dtype.slice(2)));
      assert.deepStrictEqual(array.copy(), array.data);
      array.close();
    }
  }
  for (const [name, dtype] of [['uint8', '|u1'], ['int64', '<i8'], ['float64', '<f8']]) {
    const array = new NDArray('types', [1], name);
    assert.strictEqual(array.dtype, dtype);
    array.close();
  }
  assert.throws(() => new NDArray('types', [1], 'f4'), refused('INVALID_ARGUMENT'));
  assert.throws(() => new NDArray('types', [1], 'toString'), refused('INVALID_ARGUMENT'));
  assert.throws(() => new NDArray('types', 5, '<f4'), TypeError);
  assert.throws(() => new NDArray('types', ['a'], '<f4'), TypeError);
  assert.throws(() => new NDArray('types', [1], 5), TypeError);
});

test('copies are whole, a killed writer leaves it torn', async () => {
  const array = new NDArray('torn', [100_000], '|u1');
  const storm = new Other(`
    const array = samepage.NDArray.open('torn');
    say('here');
    for (let number = 1; ; number = number % 250 + 1) array.write((data) => data.fill(number));
  `);
  await storm.line();
  const seen = new Set();
  while (seen.size < 5) {
    const copy = array.copy({ timeout: DEADLINE });
    assert.ok(copy.every((value) => value === copy[0]));
    seen.add(copy[0]);
  }
  await storm.kill();

  const half = new Other(`
    const array = samepage.NDArray.open('torn');
    array.write(async (data) => {
      data.fill(1, 0, 50_000);
      say('half');
      await hear();
    });
  `);
  await half.line();
  assert.throws(() => array.copy({ timeout: 5 }), refused('TIMED_OUT'));
  assert.throws(() => array.write(() => {}, { timeout: 5 }), refused('TIMED_OUT'));
  await half.kill();
  assert.throws(() => array.copy({ timeout: Infinity }), refused('TORN'));
  array.write((data, torn) => {
    assert.strictEqual(torn, true);
    data.fill(2);
  });
  assert.ok(array.copy().every((value) => value === 2));
  assert.throws(() => array.write(() => { throw new RangeError('given up'); }), RangeError);
  assert.throws(() => array.copy(), refused('TORN'));
  await assert.rejects(array.write(async () => { throw new RangeError('given up'); }), RangeError);
  await array.write(async (data, torn) => {
    assert.strictEqual(torn, true);
    data.fill(3);
  });
  assert.ok(array.copy().every((value) => value === 3));
  array.close();
});
