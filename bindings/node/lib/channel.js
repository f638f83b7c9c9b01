// Channel and Subscriber: a stream of messages that every subscriber sees.
// SPDX-License-Identifier: MIT
'use strict';

const { codecOf } = require('./codec.js');
const { native, VERSION, MISSED } = require('./native.js');
const { Handle, Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');
const { byBell, inThread } = require('./waiting.js');

class Channel extends Noun {
  #codec;

  constructor(place, options = {}, how = CREATE) {
    const { capacityBytes, loans, soleWriter } = options;
    super(native.channelOpen, how, place, options, capacityBytes, loans ?? 0, soleWriter);
    this.#codec = codecOf(options.codec);
  }

  static createNew(place, options = {}) {
    return new this(place, options, CREATE_NEW);
  }

  static open(place, options = {}) {
    return new this(place, options, OPEN);
  }

  get capacityBytes() {
    return native.channelCapacity(this[HANDLE]);
  }

  send(message, options) {
    return native.channelSend(this[HANDLE], this.#codec.encode(message), options?.timeout);
  }

  /** send(), which waits for room without holding up the event loop. */
  sendAsync(message, options) {
    const bytes = this.#codec.encode(message);
    const start = (timeout = 5000, callback) => native.channelSendWaiting(this[HANDLE], bytes, timeout, callback);
    return inThread(this, start, options);
  }

  subscribe(options = {}) {
    const { from = 'newest', registered = false, timeout, signal } = options;
    if (from !== 'newest' && from !== 'oldest' && typeof from !== 'number') {
      throw new TypeError("from must be 'newest', 'oldest' or a message's sequence");
    }
    const sequence = typeof from === 'number' ? from : 0;
    const handle = native.subscribe(this[HANDLE], from === 'oldest', sequence, registered, timeout);
    return new Subscriber(this, handle, this.#codec, signal);
  }

  info() {
    return native.channelInfo(this[HANDLE]);
  }
}

/** One reader's place in a channel. Iterating goes on for ever; its end closes it. */
class Subscriber extends Handle {
  #codec;
  #signal;

  constructor(channel, handle, codec, signal) {
    super(handle);
    this.channel = channel;
    this.#codec = codec;
    this.#signal = signal;
  }

  get nextSequence() {
    return native.nextSequence(this[HANDLE]);
  }

  #attempt = (timeout) => {
    const stored = native.receive(this[HANDLE], timeout);
    if (stored === undefined) return undefined;
    const sequence = native.numbers[VERSION];
    const missed = native.numbers[MISSED];
    return { data: this.#codec.decode(stored), sequence, missed };
  };

  /** undefined: there is none yet. */
  tryReceive() {
    return this.#attempt(0);
  }

  receive(options = {}) {
    return byBell(this, this.channel, this.#attempt, { signal: this.#signal, ...options });
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (;;) yield await this.receive();
    } finally {
      this.close();
    }
  }
}

module.exports = { Channel, Subscriber };
