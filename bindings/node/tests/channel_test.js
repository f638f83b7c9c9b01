// Channels: messages in order, who misses some, waiting for messages and for room.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const test = require('node:test');
const { Other, isHeld, refused, sleep } = require('./support.js');
const { Channel } = require('samepage');

test('messages come in order to every subscriber', () => {
  const channel = new Channel('order', { capacityBytes: 1000, codec: 'text' });
  const first = channel.subscribe();
  assert.strictEqual(first.tryReceive(), undefined);
  assert.strictEqual(channel.send('a'), 1);
  const second = channel.subscribe({ from: 'oldest' });
  const third = channel.subscribe({ from: 2 });
  assert.strictEqual(channel.send('b'), 2);
  assert.deepStrictEqual(first.tryReceive(), { data: 'a', sequence: 1, missed: 0 });
  assert.deepStrictEqual(first.tryReceive(), { data: 'b', sequence: 2, missed: 0 });
  assert.strictEqual(second.tryReceive().data, 'a');
  assert.strictEqual(third.tryReceive().data, 'b');
  assert.strictEqual(third.nextSequence, 3);
  assert.throws(() => channel.subscribe({ from: 'middle' }), TypeError);
  assert.throws(() => channel.send('x'.repeat(channel.capacityBytes + 1)), refused('TOO_LARGE'));
  assert.strictEqual(channel.info().nextSequence, 3);
  // A subscriber outlives its channel's handle, and holds the object.
  channel.close();
  assert.strictEqual(second.tryReceive().data, 'b');
  for (const subscriber of [first, second, third]) {
    assert.strictEqual(isHeld(Channel, 'order'), true);
    subscriber.close();
  }
  assert.strictEqual(isHeld(Channel, 'order'), false);
  assert.throws(() => first.tryReceive(), refused('CLOSED'));
});

test('a registered subscriber misses nothing of another process', async () => {
  const channel = new Channel('stream', { codec: 'json', capacityBytes: 1000 });
  const subscriber = channel.subscribe({ registered: true });
  const other = new Other(`
    const channel = Channel.open('stream', { codec: 'json' });
    for (let i = 1; i <= 3000; i++) await channel.sendAsync({ i, filler: 'x'.repeat(i % 300) }, { timeout: 60000 });
  `);
  let next = 1;
  for await (const { data, sequence, missed } of subscriber) {
    assert.deepStrictEqual([data.i, sequence, missed, data.filler.length], [next, next, 0, next % 300]);
    if (next++ === 3000) break;
  }
  assert.strictEqual(subscriber.closed, true);
  assert.strictEqual(await other.end(), 0, other.errors);
  channel.close();
});

test('who is overtaken is told what is missing', () => {
  const channel = new Channel('overtaken', { capacityBytes: 100 });
  const subscriber = channel.subscribe();
  for (let i = 0; i < 100000; i++) channel.send('0123456789');
  const { sequence, missed } = subscriber.tryReceive();
  assert.ok(missed > 0);
  assert.strictEqual(sequence, missed + 1);
  channel.close();
  subscriber.close();
});

test('send waits for room without holding up the loop only as sendAsync', async () => {
  const channel = new Channel('room', { capacityBytes: 1000 });
  const subscriber = channel.subscribe({ registered: true });
  const message = Buffer.alloc(1000, 1);
  let sent = 0;
  try {
    for (;;) {
      channel.send(message, { timeout: 0 });
      sent++;
    }
  } catch (error) {
    assert.match(error.code, /^SAMEPAGE_(FULL|TIMED_OUT)$/);
  }
  await assert.rejects(channel.sendAsync(message, { timeout: 20 }), /^SamepageError: (full|timed_out)/);
  await assert.rejects(channel.sendAsync(message, { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
  const waiting = channel.sendAsync(message, { timeout: Infinity });
  let ticks = 0;
  const timer = setInterval(() => { if (++ticks >= 5) subscriber.tryReceive(); }, 1);
  assert.ok((await waiting) > sent);
  clearInterval(timer);
  assert.ok(ticks >= 5);
  subscriber.close();
  channel.close();
});

test('time, signals and closes end a receive', async () => {
  const channel = new Channel('ends');
  const controller = new AbortController();
  const subscriber = channel.subscribe({ signal: controller.signal });
  await assert.rejects(subscriber.receive({ timeout: 0 }), refused('TIMED_OUT'));
  await assert.rejects(subscriber.receive({ timeout: 10 }), refused('TIMED_OUT'));
  const waiting = subscriber.receive();
  await sleep(5);
  controller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  await assert.rejects(async () => { for await (const message of subscriber) assert.fail(message); },
    { name: 'AbortError' });
  assert.strictEqual(subscriber.closed, true);

  const second = channel.subscribe();
  const closed = second.receive();
  await sleep(5);
  second.close();
  await assert.rejects(closed, refused('CLOSED'));

  const third = channel.subscribe();
  const goesOn = third.receive();
  await sleep(5);
  channel.close();
  const sender = Channel.open('ends');
  sender.send('still');
  assert.strictEqual((await goesOn).data.toString(), 'still');
  sender.send('again');
  assert.strictEqual((await third.receive()).data.toString(), 'again');
  third.close();
  sender.close();
  assert.strictEqual(isHeld(Channel, 'ends'), false);
});

test('messages of all sizes', () => {
  const channel = new Channel('sizes', { capacityBytes: 100000 });
  const subscriber = channel.subscribe({ registered: true });
  for (const size of [0, 1, 4095, 4096, 4097, 50000, 100000]) {
    channel.send(Buffer.alloc(size, size % 251));
    const { data } = subscriber.tryReceive();
    assert.ok(data.equals(Buffer.alloc(size, size % 251)));
  }
  subscriber.close();
  channel.close();
});
