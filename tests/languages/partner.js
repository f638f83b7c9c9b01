// A process in Node that does with all nouns what it is told, a line at a time: the protocol of abi/c/partner.c.
// SPDX-License-Identifier: MIT
//
// And `take`, which takes a job and keeps it, and `storm KEY TEXT TEXT`, which puts the two in turn until it is killed.
// `count N` stores what that of C sends.
'use strict';

const readline = require('node:readline');
const samepage = require('samepage');

const NOUNS = ['Region', 'Cell', 'Lock', 'Channel', 'Queue', 'Table'];
const own = {};

function say(text) {
  process.stdout.write(`${text}\n`);
}

function begin(name, create) {
  for (const noun of NOUNS) {
    const options = noun === 'Region' || noun === 'Lock' ? [] : [{ codec: 'text' }];
    const sizes = noun === 'Region' && create ? [4096] : [];
    own[noun] = samepage[noun][create ? 'createNew' : 'open'](`${name}.${noun.toLowerCase()}`, ...sizes, ...options);
  }
  own.subscriber = own.Channel.subscribe();
  return 'ready';
}

const verbs = {
  create: (name) => begin(name, true),
  open: (name) => begin(name, false),
  write: (text) => own.Region.writeText(text) ?? 0,
  read: () => own.Region.readText(),
  store: (text) => own.Cell.store(text),
  load() {
    const { value, version } = own.Cell.loadVersioned();
    return `${version} ${value}`;
  },
  await(version) {
    say('sleeping');
    return own.Cell.wait(Number(version));
  },
  async acquire() {
    own.held = await own.Lock.acquire();
    return own.held.ownerDied ? 'owner_died' : 'acquired';
  },
  release: () => own.held.release() ?? 'released',
  send: (text) => own.Channel.send(text),
  async receive() {
    const { sequence, data } = await own.subscriber.receive();
    return `${sequence} ${data}`;
  },
  async take() {
    own.job = await own.Queue.take();
    return own.job.data;
  },
  async work() {
    const job = await own.Queue.take();
    job.reply(job.data + job.data);
    job.close();
    return 'replied';
  },
  call: (text) => own.Queue.call(text),
  put: (key, text) => own.Table.put(key, text),
  get: (key) => own.Table.get(key) ?? 'no_key',
  array(name) {
    own.array = new samepage.NDArray(name, [1000], '|u1');
    return 'ready';
  },
  fill: (number) => own.array.write((data) => { data.fill(Number(number)); }),
  half(number) {
    own.array.write((data) => {
      data.fill(Number(number), 0, 500);
      return new Promise(() => {});
    });
    return 'half';
  },
  whole() {
    const copy = own.array.copy({ timeout: Infinity });
    return `${copy[0]} ${copy[999]}`;
  },
  keep: () => own.Table.keepHistory(1 << 20) && 'kept',
  follow() {
    own.feed = own.Table.subscribe();
    return 'following';
  },
  async next() {
    const { key, version, erased } = await own.feed.next();
    return `${erased ? 'erased' : 'put'} ${key} ${version}`;
  },
  count(begin) {
    for (let next = Number(begin); ; ++next) {
      const digits = String(next).padStart(8, '0');
      own.Cell.store(digits.repeat(20));
      say(digits);
    }
  },
  storm(key, first, second) {
    for (;;) {
      own.Table.put(key, first);
      own.Table.put(key, second);
    }
  },
};

async function main() {
  const lines = readline.createInterface({ input: process.stdin });
  let before = Promise.resolve();
  lines.on('line', (line) => {
    const [verb, ...words] = line.split(' ');
    before = before.then(() => verbs[verb](...words)).then(say, (error) => {
      say(error.code.replace('SAMEPAGE_', '').toLowerCase());
    });
  });
}
main();
