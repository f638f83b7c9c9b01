// Queue and Job: jobs, each handled by exactly one worker.
// SPDX-License-Identifier: MIT
'use strict';

const { codecOf } = require('./codec.js');
const { native } = require('./native.js');
const { Handle, Noun, HANDLE, CREATE, CREATE_NEW, OPEN } = require('./noun.js');
const { byBell, inThread } = require('./waiting.js');

class Queue extends Noun {
  #codec;

  constructor(place, options = {}, how = CREATE) {
    super(native.queueOpen, how, place, options, options.capacityBytes);
    this.#codec = codecOf(options.codec);
  }

  static createNew(place, options = {}) {
    return new this(place, options, CREATE_NEW);
  }

  static open(place, options = {}) {
    return new this(place, options, OPEN);
  }

  get capacityBytes() {
    return native.queueCapacity(this[HANDLE]);
  }

  push(job, options) {
    return native.queuePush(this[HANDLE], this.#codec.encode(job), options?.timeout);
  }

  /** push(), which waits for room without holding up the event loop. */
  pushAsync(job, options) {
    const bytes = this.#codec.encode(job);
    const start = (timeout = 5000, callback) => native.queuePushWaiting(this[HANDLE], bytes, timeout, callback);
    return inThread(this, start, options);
  }

  #attempt = (timeout) => {
    const handle = native.take(this[HANDLE], timeout);
    return handle === undefined ? undefined : new Job(handle, this.#codec);
  };

  /** undefined: none is ready. */
  tryTake() {
    return this.#attempt(0);
  }

  take(options) {
    return byBell(this, this, this.#attempt, options);
  }

  async *jobs(options) {
    for (;;) yield await this.take(options);
  }

  [Symbol.asyncIterator]() {
    return this.jobs();
  }

  /** Pushes a job and waits for its reply. Aborted or closed, it may be handled nevertheless. */
  async call(job, options = {}) {
    const bytes = this.#codec.encode(job);
    const start = (timeout, callback) =>
      native.queueCall(this[HANDLE], bytes, options.replyBytesMax, timeout, callback);
    return this.#codec.decode(await inThread(this, start, options));
  }

  info() {
    return native.queueInfo(this[HANDLE]);
  }
}

/** A job that was taken. Closed or collected before it is finished, it is given back. */
class Job extends Handle {
  #codec;
  #data;

  constructor(handle, codec) {
    super(handle);
    this.#codec = codec;
    const { id, deliveries, isCall, replyBytesMax } = native.jobInfo(handle);
    this.id = id;
    this.deliveries = deliveries;
    this.isCall = isCall !== 0;
    this.replyBytesMax = replyBytesMax;
  }

  get data() {
    this.#data ??= { value: this.#codec.decode(native.jobData(this[HANDLE])) };
    return this.#data.value;
  }

  acknowledge() {
    native.jobAcknowledge(this[HANDLE]);
  }

  reply(answer) {
    native.jobReply(this[HANDLE], this.#codec.encode(answer));
  }

  fail(why = '') {
    native.jobFail(this[HANDLE], why);
  }

  giveBack() {
    native.jobGiveBack(this[HANDLE]);
  }
}

module.exports = { Queue, Job };
