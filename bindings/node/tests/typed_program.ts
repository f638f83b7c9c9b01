// A program that tsc must accept; lines below "// wrong" it must refuse.
// SPDX-License-Identifier: MIT
import { Cell, Channel, Lock, NDArray, Queue, Region, SamepageError, Table, version } from 'samepage';

interface Point { x: number; y: number }
const points = {
  encode: (point: Point): Uint8Array => new Uint8Array([point.x, point.y]),
  decode: (stored: Uint8Array): Point => ({ x: stored[0], y: stored[1] }),
};

async function main(): Promise<void> {
  const region = new Region('r', 100);
  const floats: Float64Array = new Float64Array(region.buffer, 0, 4);
  floats[0] = region.bytes[1] + region.sizeBytes;

  const frame = new NDArray('f', [480, 640, 3], '|u1');
  const written: number = frame.write((data, torn) => { data[0] = torn ? 1 : 2; });
  console.log(written, frame.copy({ timeout: 5 }).length, (await frame.write(async () => {})).toFixed());

  const plain = new Cell('c');
  const bytes: Uint8Array | undefined = plain.load();
  plain.store('text'), plain.store(new Uint16Array(3)), plain.store(bytes ?? '');
  const text = new Cell('t', { codec: 'text', capacityBytes: 10 });
  const words: string = (text.load() ?? '').trim();
  text.update((value) => `${value}${words}`);
  const big = Cell.createNew('b', { codec: 'int64', capacityBytes: 8 });
  big.store(5n);
  const point = new Cell('p', { codec: points });
  point.store({ x: 1, y: 2 });
  const { signal } = new AbortController();
  for await (const { x } of point.changes({ timeout: 5, signal })) console.log(x.toFixed());

  const lock = new Lock('l');
  const result: number = await lock.holding(async (held) => (held.ownerDied ? 1 : 2));
  (await lock.acquire({ timeout: result })).release();
  lock.tryAcquire()?.markRepaired();

  const channel = Channel.open('ch', { codec: 'json' });
  channel.send({ any: 'thing' });
  for await (const { data, sequence, missed } of channel.subscribe({ from: 'oldest' })) {
    console.log(data.any, sequence + missed);
    break;
  }

  const queue = new Queue('q', { codec: points });
  const reply: Point = await queue.call({ x: 1, y: 2 }, { replyBytesMax: 10 });
  for await (const job of queue) {
    if (job.isCall) job.reply({ ...reply, x: job.data.x });
    else job.acknowledge();
  }

  const table = new Table('stock', { codec: 'text', readOnly: false });
  for (const [key, value] of table) table.put(key.trim(), value.trim());
  for (const { key, version: seen } of new Table('raw').scan('a')) console.log(key.byteLength, seen.toFixed());
  const sum: bigint = table.add('n', 1);
  const newer: number = await table.wait('bolt', table.version('bolt'));
  const stallMs: number = table.wentBack ? 0 : (await table.checkpoint({ timeout: 100 })).stallMs;
  Table.open('old', { asItIs: true, soleWriter: true });
  const given: number = (await table.compact({ timeout: 100 })).givenBytes;
  const put: BigUint64Array = table.putMany(new Uint8Array(8), 8, new Uint8Array(4), 4, { expiresIn: given });
  table.keepHistory(1 << 20);
  for await (const { key, missed, erased } of table.subscribe({ prefix: 'b', from: 'oldest', signal })) {
    if (erased || missed > 0) console.log(key?.trim());
  }
  console.log(sum, newer, version.length, put.length);
  try {
    table.insert('a', 'b');
  } catch (error) {
    if (error instanceof SamepageError && error.code === 'SAMEPAGE_ALREADY_EXISTS') console.log(error.operation);
  }

  // wrong
  text.store(5);
  // wrong
  point.store({ x: 1 });
  // wrong
  new Cell('c', { codec: 'pickle' });
  // wrong
  big.store(5);
  // wrong
  table.put('key', { a: 1 });
  // wrong
  table.subscribe({ from: 17 });
  // wrong
  region.bytes = 5;
  // wrong
  await lock.acquire({ timeout: '5' });
  // wrong
  new SamepageError();
}
main();
