// Queues: each job to one worker, what becomes of it, calls.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const test = require('node:test');
const { Other, collected, isHeld, refused, sleep, until } = require('./support.js');
const { Queue } = require('samepage');

test('a job is taken, and finished or given back', () => {
  const queue = new Queue('jobs', { codec: 'text' });
  assert.strictEqual(queue.tryTake(), undefined);
  assert.strictEqual(queue.push('first'), 1);
  let job = queue.tryTake();
  assert.deepStrictEqual([job.data, job.id, job.deliveries, job.isCall], ['first', 1, 1, false]);
  assert.strictEqual(queue.info().jobsTaken, 1);
  job.giveBack();
  assert.throws(() => job.acknowledge(), refused('NOT_OWNER'));
  job.close();
  job = queue.tryTake();
  assert.strictEqual(job.deliveries, 2);
  job.close();
  job = queue.tryTake();
  assert.strictEqual(job.deliveries, 3);
  job.acknowledge();
  assert.strictEqual(job.data, 'first');
  job.close();
  assert.throws(() => job.acknowledge(), refused('CLOSED'));
  assert.strictEqual(queue.info().usedBytes, 0);
  assert.ok(queue.capacityBytes > 0);
  queue.close();
});

test('a job that is collected is given back', async () => {
  const queue = new Queue('collected');
  queue.push('job');
  (() => queue.tryTake())();
  let job;
  await collected(() => (job = queue.tryTake()) !== undefined, 'that the job is given back');
  assert.strictEqual(job.deliveries, 2);
  job.acknowledge();
  queue.close();
  job.close();
});

test('workers share the jobs, and a killed one loses none', async () => {
  const queue = new Queue('work', { codec: 'json' });
  const results = new Queue('work.results', { codec: 'json' });
  const code = `
    const queue = Queue.open('work', { codec: 'json' }), results = Queue.open('work.results', { codec: 'json' });
    say('ready');
    for await (const job of queue) {
      if (job.data === 'die' && job.deliveries === 1) { say('takes its last'); await hear(); }
      results.push(job.data);
      job.acknowledge();
      job.close();
    }
  `;
  const workers = [new Other(code), new Other(code)];
  for (const worker of workers) assert.strictEqual(await worker.line(), 'ready');
  for (let i = 0; i < 100; i++) queue.push(i);
  const seen = new Set();
  const collect = async (count) => {
    while (seen.size < count) {
      const job = await results.take();
      seen.add(job.data);
      job.acknowledge();
      job.close();
    }
  };
  await collect(100);
  queue.push('die');
  const victim = await Promise.race(workers.map((worker) => worker.line().then(() => worker)));
  await victim.kill();
  for (let i = 100; i < 120; i++) queue.push(i);
  await collect(121);
  assert.ok(seen.has('die'));
  for (const worker of workers) await worker.kill();
  assert.strictEqual(queue.tryTake(), undefined);
  queue.close();
  results.close();
});

test('calls are answered, by this process or another one', async () => {
  const queue = new Queue('calls', { codec: 'json' });
  const other = new Other(`
    const queue = Queue.open('calls', { codec: 'json' });
    say('ready');
    for await (const job of queue) {
      if (job.data === 'fail') job.fail('no such thing: fü');
      else if (job.data === 'end') { job.reply('ended'); break; }
      else job.reply({ twice: job.data * 2, isCall: job.isCall });
      job.close();
    }
  `);
  assert.strictEqual(await other.line(), 'ready');
  assert.deepStrictEqual(await queue.call(21), { twice: 42, isCall: true });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => queue.call(i)));
  assert.deepStrictEqual(answers.map(({ twice }) => twice), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  await assert.rejects(queue.call('fail'), (error) => refused('FAILED')(error) && /no such thing: fü/.test(error.message));
  assert.strictEqual(await queue.call('end', { timeout: 60000 }), 'ended');
  assert.strictEqual(await other.end(), 0, other.errors);
  queue.close();
});

test('time, signals and close end calls and takes', async () => {
  const queue = new Queue('ends');
  await assert.rejects(queue.take({ timeout: 0 }), refused('EMPTY'));
  await assert.rejects(queue.take({ timeout: 10 }), refused('TIMED_OUT'));
  await assert.rejects(queue.take({ signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' });
  await assert.rejects(queue.call('x', { timeout: 10 }), refused('TIMED_OUT'));
  assert.strictEqual(queue.tryTake(), undefined, 'a call that timed out is withdrawn');
  await assert.rejects(queue.call('x', { signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' });
  let job = await queue.take();
  assert.deepStrictEqual([job.isCall, job.replyBytesMax], [true, 4096]);
  assert.throws(() => job.reply('x'.repeat(5000)), refused('TOO_LARGE'));
  job.reply('too late');
  job.close();
  const waiting = queue.take();
  const call = queue.call('y', { replyBytesMax: 10 });
  job = await waiting;
  assert.strictEqual(job.replyBytesMax, 10);
  const take = queue.take();
  await sleep(5);
  queue.close();
  await assert.rejects(take, refused('CLOSED'));
  await assert.rejects(call, refused('CLOSED'));
  // The call's thread has the object until it is answered, and the job until it is closed.
  assert.strictEqual(isHeld(Queue, 'ends'), true);
  job.reply('answer');
  job.close();
  await until(() => !isHeld(Queue, 'ends'), 'that the call has ended');
});

test('push waits for room without holding up the loop only as pushAsync', async () => {
  const queue = new Queue('room', { capacityBytes: 4096 });
  const bytes = Buffer.alloc(500);
  try {
    for (;;) queue.push(bytes, { timeout: 0 });
  } catch (error) {
    assert.match(error.code, /^SAMEPAGE_(FULL|TIMED_OUT)$/);
  }
  await assert.rejects(queue.pushAsync(bytes, { timeout: 20 }), /^SamepageError: (full|timed_out)/);
  const waiting = queue.pushAsync(bytes);
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks < 5) return;
    const job = queue.tryTake();
    job?.acknowledge();
    job?.close();
  }, 1);
  assert.ok((await waiting) > 0);
  clearInterval(timer);
  queue.close();
});
