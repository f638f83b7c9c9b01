// The types of samepage for TypeScript.
// SPDX-License-Identifier: MIT

/** What goes in as bytes; a string goes in as UTF-8. */
export type Bytes = string | ArrayBufferView | ArrayBuffer;

/** How values become bytes, and bytes values. */
export interface Codec<T> {
  encode(value: T): Bytes;
  decode(stored: Buffer): T;
}

/** The types of the codecs that have a name. Numbers are little-endian: a C++ cell<double> is one of float64. */
export interface NamedCodecs {
  bytes: Buffer;
  text: string;
  json: any;
  int8: number;
  uint8: number;
  int16: number;
  uint16: number;
  int32: number;
  uint32: number;
  int64: bigint;
  uint64: bigint;
  float32: number;
  float64: number;
}
export type CodecName = keyof NamedCodecs;

/** What values go in, where T comes out: with the codec 'bytes' all that are bytes. */
export type Into<T> = T extends Buffer ? Bytes : T;

/** How long a writer waits for another one, in milliseconds: 5000 by default. It holds up the event loop meanwhile. */
export interface WriteOptions {
  timeout?: number;
}

/** How long to wait, in milliseconds (for ever by default), and what ends it: it rejects with the signal's reason. */
export interface WaitOptions {
  timeout?: number;
  signal?: AbortSignal;
}

export interface OpenOptions {
  /** How long to wait for a process that was stopped while it made or closed the object; 5000. */
  timeout?: number;
  strategy?: 'spinThenSleep' | 'spin' | 'sleep';
}

export interface ReadOptions {
  /** Never writes; needs the right to read alone. */
  readOnly?: boolean;
}

export interface SoleWriterOptions {
  /** While this handle lives it alone writes: others get SAMEPAGE_DENIED, and so does a second one that wants to. */
  soleWriter?: boolean;
}

/** What has a handle: any object of samepage. Closing twice is fine. */
declare class Handle {
  readonly closed: boolean;
  close(): void;
  /** For `using`, where Node has it. */
  [Symbol.dispose](): void;
}

/** What the six nouns have in common. */
declare class Noun extends Handle {
  readonly place: string;
  readonly readOnly: boolean;
  /** Whether this handle made it. */
  readonly created: boolean;
  /** SAMEPAGE_LOST_NAME when somebody has removed the object's file. */
  checkName(): void;
}

/** Bytes under a name or in a file, seen where they lie. */
export class Region extends Noun {
  /** Makes it, or opens the one that exists. */
  constructor(place: string, sizeBytes: number, options?: OpenOptions & ReadOptions);
  static createNew(place: string, sizeBytes: number, options?: OpenOptions & ReadOptions): Region;
  static open(place: string, options?: OpenOptions & ReadOptions): Region;
  readonly sizeBytes: number;
  /** The bytes themselves, not a copy. close() detaches it: its length is 0 then. */
  readonly buffer: ArrayBuffer;
  readonly bytes: Buffer;
  /** A window at any offset; without a size up to the end. */
  map(offsetBytes: number, sizeBytes?: number): ArrayBuffer;
  /** A copy. */
  read(offsetBytes?: number, sizeBytes?: number): Buffer;
  /** Text with its terminating zero. */
  writeText(text: string, offsetBytes?: number): void;
  /** Up to the first zero, or the end. */
  readText(offsetBytes?: number): string;
  flush(): void;
}

/** The typed array of the elements. Complex numbers are two; those of 16 bits, and booleans, are as they lie. */
export type Elements =
  Uint8Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint16Array | Uint32Array | BigUint64Array |
  Float32Array | Float64Array;

/** An array of numbers that says its own type and shape: NumPy's, as samepage.ndarray() in Python. */
export class NDArray extends Noun {
  /** Makes it, of zeros, or opens the one that exists, which must have that type and shape. dtype: 'float32' or '<f4' ... */
  constructor(place: string, shape: number[], dtype: string, options?: OpenOptions);
  static createNew(place: string, shape: number[], dtype: string, options?: OpenOptions): NDArray;
  /** Opens it, whatever its type and shape. */
  static open(place: string, options?: OpenOptions & ReadOptions): NDArray;
  readonly dtype: string;
  readonly shape: number[];
  /** Bytes from one element to the next, of each dimension. */
  readonly strides: number[];
  readonly sizeBytes: number;
  /** Larger with each writing. */
  readonly version: number;
  /** The elements themselves, as others are just writing them, too. Not of what was opened to read. */
  readonly data: Elements;
  /** A copy of what one writer has finished. SAMEPAGE_TORN: the last one never did. Waits for who writes, 5000 ms. */
  copy(options?: WriteOptions): Elements;
  /**
   * Calls change(data, torn) while nobody else writes, and gives the version; torn: who wrote before had not finished.
   * If it throws, or its promise is rejected, the array is torn until the next one has finished.
   */
  write(change: (data: Elements, torn: boolean) => Promise<unknown>, options?: WriteOptions): Promise<number>;
  write(change: (data: Elements, torn: boolean) => void, options?: WriteOptions): number;
}

export interface CellOptions extends OpenOptions, ReadOptions, SoleWriterOptions {
  /** The largest value, fixed when the cell is made; 4096. */
  capacityBytes?: number;
}

/** One value: always whole, the newest wins, and one can wait for the next. */
export interface Cell<T = Buffer> extends Noun {
  readonly capacityBytes: number;
  /** Of the newest value; 0: there is none. */
  readonly version: number;
  /** The newest value; undefined: there is none yet. */
  load(): T | undefined;
  loadVersioned(): { value: T; version: number } | undefined;
  /** Makes it the newest value, and gives its version. */
  store(value: Into<T>, options?: WriteOptions): number;
  /** Stores only if the newest version is `expected` (0: if it is empty); else SAMEPAGE_CONFLICT. */
  compareExchange(expected: number, value: Into<T>, options?: WriteOptions): number;
  /** Stores change(value), which is called again when others were faster. */
  update(change: (value: T | undefined) => Into<T>, options?: WriteOptions): number;
  /** Until the newest version is another one than `seen`; gives it. */
  wait(seen: number, options?: WaitOptions): Promise<number>;
  /** The newest value, then each that is the newest when it is looked at. */
  changes(options?: WaitOptions): AsyncGenerator<T, never, void>;
  info(): Record<string, number>;
}
export interface CellConstructor {
  /** Makes it, or opens the one that exists. */
  new <T>(place: string, options: CellOptions & { codec: Codec<T> }): Cell<T>;
  new <N extends CodecName = 'bytes'>(
    place: string, options?: CellOptions & { codec?: N }): Cell<NamedCodecs[N]>;
  createNew<T>(place: string, options: CellOptions & { codec: Codec<T> }): Cell<T>;
  createNew<N extends CodecName = 'bytes'>(
    place: string, options?: CellOptions & { codec?: N }): Cell<NamedCodecs[N]>;
  open<T>(place: string, options: CellOptions & { codec: Codec<T> }): Cell<T>;
  open<N extends CodecName = 'bytes'>(
    place: string, options?: CellOptions & { codec?: N }): Cell<NamedCodecs[N]>;
  readonly prototype: Cell<any>;
}
export const Cell: CellConstructor;

/** A lock while it is owned. */
export class Held {
  private constructor();
  /** An owner died with it, and nobody has repaired since what it guards. */
  ownerDied: boolean;
  markRepaired(): void;
  /** Twice is fine. */
  release(): void;
  [Symbol.dispose](): void;
}

/** A lock that survives its owner's death and says so. One handle owns it. */
export class Lock extends Noun {
  constructor(place: string, options?: OpenOptions);
  static createNew(place: string, options?: OpenOptions): Lock;
  static open(place: string, options?: OpenOptions): Lock;
  acquire(options?: WaitOptions): Promise<Held>;
  /** undefined: it is owned, perhaps by this handle. */
  tryAcquire(): Held | undefined;
  /** Calls act(held) while it owns the lock, and gives what that gives. */
  holding<R>(act: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R>;
  info(): { owned: boolean; ownerProcess: number; awaited: boolean; ownerDied: boolean };
}

export interface ChannelOptions extends OpenOptions, ReadOptions, SoleWriterOptions {
  /** The largest message, fixed when the channel is made; 256 KiB. */
  capacityBytes?: number;
  /** Messages that other languages can have on loan at once, fixed when the channel is made; 4; -1: none. */
  loans?: number;
}

export interface SubscribeOptions {
  /** With the next message ('newest'), with the oldest that is kept, or with the one of this sequence. */
  from?: 'newest' | 'oldest' | number;
  /** Misses nothing; senders wait for it. */
  registered?: boolean;
  timeout?: number;
  /** Ends its receives and its iteration. */
  signal?: AbortSignal;
}

export interface Message<T> {
  data: T;
  /** Its number; 1 is the channel's first. */
  sequence: number;
  /** How many were overwritten before it. */
  missed: number;
}

/** A stream of messages that every subscriber sees. */
export interface Channel<T = Buffer> extends Noun {
  readonly capacityBytes: number;
  /** Its sequence. Waits for registered subscribers that are behind. */
  send(message: Into<T>, options?: WriteOptions): number;
  /** The same without holding up the event loop. Aborted, it may have been sent. */
  sendAsync(message: Into<T>, options?: WaitOptions): Promise<number>;
  subscribe(options?: SubscribeOptions): Subscriber<T>;
  info(): Record<string, number>;
}
export interface ChannelConstructor {
  /** Makes it, or opens the one that exists. */
  new <T>(place: string, options: ChannelOptions & { codec: Codec<T> }): Channel<T>;
  new <N extends CodecName = 'bytes'>(
    place: string, options?: ChannelOptions & { codec?: N }): Channel<NamedCodecs[N]>;
  createNew<T>(place: string, options: ChannelOptions & { codec: Codec<T> }): Channel<T>;
  createNew<N extends CodecName = 'bytes'>(
    place: string, options?: ChannelOptions & { codec?: N }): Channel<NamedCodecs[N]>;
  open<T>(place: string, options: ChannelOptions & { codec: Codec<T> }): Channel<T>;
  open<N extends CodecName = 'bytes'>(
    place: string, options?: ChannelOptions & { codec?: N }): Channel<NamedCodecs[N]>;
  readonly prototype: Channel<any>;
}
export const Channel: ChannelConstructor;

/** One reader's place in a channel. Iterating goes on for ever; the end of the loop closes it. */
export class Subscriber<T = Buffer> extends Handle implements AsyncIterable<Message<T>> {
  private constructor();
  readonly channel: Channel<T>;
  readonly nextSequence: number;
  receive(options?: WaitOptions): Promise<Message<T>>;
  /** undefined: there is none yet. */
  tryReceive(): Message<T> | undefined;
  [Symbol.asyncIterator](): AsyncGenerator<Message<T>, never, void>;
}

export interface QueueOptions extends OpenOptions {
  /** Room for all jobs together, fixed when the queue is made; 1 MiB. */
  capacityBytes?: number;
}

export interface CallOptions extends WaitOptions {
  /** How many bytes the reply may have; 4096. */
  replyBytesMax?: number;
}

/** Jobs, each handled by exactly one worker. */
export interface Queue<T = Buffer> extends Noun, AsyncIterable<Job<T>> {
  readonly capacityBytes: number;
  /** The job's id. Waits for room. */
  push(job: Into<T>, options?: WriteOptions): number;
  /** The same without holding up the event loop. Aborted, it may have been pushed. */
  pushAsync(job: Into<T>, options?: WaitOptions): Promise<number>;
  take(options?: WaitOptions): Promise<Job<T>>;
  /** undefined: none is ready. */
  tryTake(): Job<T> | undefined;
  jobs(options?: WaitOptions): AsyncGenerator<Job<T>, never, void>;
  [Symbol.asyncIterator](): AsyncGenerator<Job<T>, never, void>;
  /** Pushes a job and waits for its reply. Timed out, it is withdrawn; aborted, it may be handled nevertheless. */
  call(job: Into<T>, options?: CallOptions): Promise<T>;
  info(): Record<string, number>;
}
export interface QueueConstructor {
  /** Makes it, or opens the one that exists. */
  new <T>(place: string, options: QueueOptions & { codec: Codec<T> }): Queue<T>;
  new <N extends CodecName = 'bytes'>(
    place: string, options?: QueueOptions & { codec?: N }): Queue<NamedCodecs[N]>;
  createNew<T>(place: string, options: QueueOptions & { codec: Codec<T> }): Queue<T>;
  createNew<N extends CodecName = 'bytes'>(
    place: string, options?: QueueOptions & { codec?: N }): Queue<NamedCodecs[N]>;
  open<T>(place: string, options: QueueOptions & { codec: Codec<T> }): Queue<T>;
  open<N extends CodecName = 'bytes'>(
    place: string, options?: QueueOptions & { codec?: N }): Queue<NamedCodecs[N]>;
  readonly prototype: Queue<any>;
}
export const Queue: QueueConstructor;

/** A job that was taken. Closed before it is finished, it is given back; a worker's death does the same. */
export class Job<T = Buffer> extends Handle {
  private constructor();
  readonly id: number;
  readonly data: T;
  /** How often it was taken, this time included. */
  readonly deliveries: number;
  readonly isCall: boolean;
  readonly replyBytesMax: number;
  acknowledge(): void;
  reply(answer: Into<T>): void;
  /** It can't be done: who called gets SAMEPAGE_FAILED with this text. */
  fail(why?: string): void;
  giveBack(): void;
}

export interface PutOptions extends WriteOptions {
  /** Milliseconds from now on nobody sees the record; Infinity, the default: it stays; 0: as the one that is there. */
  expiresIn?: number;
}
export interface TableOptions extends OpenOptions, ReadOptions, SoleWriterOptions {
  /** What a power failure left in the file, instead of its checkpoint. */
  asItIs?: boolean;
}

/** A key is bytes; it comes out as a Buffer with the codec 'bytes', else as a string. */
export type Key<T> = T extends Buffer ? Buffer : string;

/** Records under keys, in memory or in a file, that many processes change at once. */
export interface Table<T = Buffer> extends Noun, Iterable<[Key<T>, T]> {
  /** How many records. */
  readonly size: number;
  /** How many puts and erases there were, of all keys. */
  readonly changes: number;
  /** undefined: there is no such record. */
  get(key: Bytes): T | undefined;
  getVersioned(key: Bytes): { value: T; version: number } | undefined;
  /**
   * As get, of many keys of keyBytes each, one behind the other, in a fraction of the time: fills values, valueBytes for
   * each. Gives their versions, 0n where there is none. SAMEPAGE_WRONG_KIND: a value has another length.
   */
  getMany(keys: ArrayBufferView, keyBytes: number, values: ArrayBufferView, valueBytes: number): BigUint64Array;
  /**
   * As put, of many records of the same lengths, as getMany has them, in a fraction of the time. Gives the versions of
   * those that were put, in their order: fewer than all where one was refused; if the first was, it throws why.
   */
  putMany(keys: ArrayBufferView, keyBytes: number, values: ArrayBufferView, valueBytes: number,
    options?: PutOptions): BigUint64Array;
  /** The same of copies, without holding up the event loop. Aborted, some may have been put. */
  putManyAsync(keys: ArrayBufferView, keyBytes: number, values: ArrayBufferView, valueBytes: number,
    options?: PutOptions & WaitOptions): Promise<BigUint64Array>;
  has(key: Bytes): boolean;
  /** 0: there is no such record. */
  version(key: Bytes): number;
  /** null: never; undefined: there is no such record. */
  expiresAt(key: Bytes): Date | null | undefined;
  /** Inserts or replaces, and gives the record's version. */
  put(key: Bytes, value: Into<T>, options?: PutOptions): number;
  /** SAMEPAGE_ALREADY_EXISTS where there is a record. */
  insert(key: Bytes, value: Into<T>, options?: PutOptions): number;
  /** Puts only if the record's version is `expected` (0: there is none); else SAMEPAGE_CONFLICT. */
  compareExchange(key: Bytes, expected: number, value: Into<T>, options?: PutOptions): number;
  /** Puts change(value), which is called again when others were faster. A record expires when it would have. */
  update(key: Bytes, change: (value: T | undefined) => Into<T>, options?: WriteOptions): number;
  /** Whether there was one. */
  erase(key: Bytes, options?: WriteOptions): boolean;
  /** Adds to a record of 8 bytes, a number; one that isn't there is 0. Gives the sum, of 64 bits. */
  add(key: Bytes, more: number | bigint, options?: PutOptions): bigint;
  /** Until the key's version is another one than `seen`; gives it. 0 is no record. */
  wait(key: Bytes, seen: number, options?: WaitOptions): Promise<number>;
  /** Until `changes` is another number than `seen`; gives it. */
  waitAny(seen: number, options?: WaitOptions): Promise<number>;
  /**
   * From now on it keeps its last changes, in so many bytes, for subscribe(); one that keeps them already goes on as it
   * is. Gives the history's bytes.
   */
  keepHistory(sizeBytes: number, options?: WriteOptions): number;
  /** Reads the changes along. SAMEPAGE_NOT_SUPPORTED without a history. */
  subscribe(options?: FeedOptions): Feed<T>;
  /** Keeps a key from other handles' writers, for several steps; readers don't mind. */
  lock(key: Bytes, options?: WaitOptions): Promise<RecordLock>;
  /** Keeps all keys from other handles' writers. */
  lockAll(options?: WaitOptions): Promise<RecordLock>;
  /** Whether it keeps its invariants: how many records were looked at, or SAMEPAGE_CORRUPT. 5000 ms by default. */
  verify(options?: WaitOptions): Promise<number>;
  /**
   * Makes all that is there survive power failures, in a file beside the table's. SAMEPAGE_NOT_SUPPORTED on names.
   * stallMs: how long writers were held. The timeout is for waiting for them, 5000 ms by default.
   */
  checkpoint(options?: WaitOptions): Promise<{ records: number; sizeBytes: number; stallMs: number }>;
  /**
   * Moves records together, and gives what is free then back to the system, if no other handle has the table; else it
   * is pending. The timeout is for waiting for stopped writers, 5000 ms by default.
   */
  compact(options?: WaitOptions): Promise<{
    recordsMoved: number; givenBytes: number; pendingBytes: number; sizeBytes: number;
  }>;
  /** Whether opening it had to go back to its checkpoint. */
  readonly wentBack: boolean;
  /** The value, undefined while there is none, and again after each change. */
  changesOf(key: Bytes, options?: WaitOptions): AsyncGenerator<T | undefined, never, void>;
  /** All records whose key begins with the prefix, in no order; one that is there throughout comes exactly once. */
  scan(prefix?: Bytes): Generator<{ key: Key<T>; value: T; version: number }, void, void>;
  keys(): Generator<Key<T>, void, void>;
  values(): Generator<T, void, void>;
  entries(): Generator<[Key<T>, T], void, void>;
  [Symbol.iterator](): Generator<[Key<T>, T], void, void>;
  info(): Record<string, number>;
}
export interface TableConstructor {
  /** Makes it, or opens the one that exists. */
  new <T>(place: string, options: TableOptions & { codec: Codec<T> }): Table<T>;
  new <N extends CodecName = 'bytes'>(
    place: string, options?: TableOptions & { codec?: N }): Table<NamedCodecs[N]>;
  createNew<T>(place: string, options: TableOptions & { codec: Codec<T> }): Table<T>;
  createNew<N extends CodecName = 'bytes'>(
    place: string, options?: TableOptions & { codec?: N }): Table<NamedCodecs[N]>;
  open<T>(place: string, options: TableOptions & { codec: Codec<T> }): Table<T>;
  open<N extends CodecName = 'bytes'>(
    place: string, options?: TableOptions & { codec?: N }): Table<NamedCodecs[N]>;
  readonly prototype: Table<any>;
}
export const Table: TableConstructor;

export interface FeedOptions {
  /** Only changes of keys that begin with it. */
  prefix?: Bytes;
  /** With the changes that come ('newest'), or with the oldest that is kept. */
  from?: 'newest' | 'oldest';
  /** Ends its waits and its iteration. */
  signal?: AbortSignal;
}

export interface Change<T> {
  /** Whose record it was; undefined: it only says that some were missed. */
  key: Key<T> | undefined;
  /** Of the record that was put; of an erased one the last that it had. */
  version: number;
  /** Whether it was erased, or had expired. */
  erased: boolean;
  /** How many changes, of any keys, were never shown since the one before. Who keeps a copy scans anew then. */
  missed: number;
}

/**
 * The changes of a table. The value isn't in a change: get() gives it, or a later one, or none any more. To have a copy
 * and keep it right: subscribe first, then copy what a scan shows, then get each key that comes. Iterating goes on for
 * ever; the end of the loop closes it.
 */
export class Feed<T = Buffer> extends Handle implements AsyncIterable<Change<T>> {
  private constructor();
  readonly table: Table<T>;
  next(options?: WaitOptions): Promise<Change<T>>;
  /** undefined: there is none yet. */
  tryNext(): Change<T> | undefined;
  [Symbol.asyncIterator](): AsyncGenerator<Change<T>, never, void>;
}

/** A locked key of a table, or all. */
export class RecordLock extends Handle {
  private constructor();
  /** An owner died with it, and nobody has repaired since what it guards. */
  ownerDied: boolean;
  markRepaired(): void;
  /** Twice is fine. */
  release(): void;
}

/** A live object. */
export interface Entry {
  place: string;
  /** 'unknown': its header is damaged. */
  kind: 'region' | 'cell' | 'lock' | 'channel' | 'queue' | 'table' | 'unknown';
  sizeBytes: number;
  /** Where the system keeps it, for people. */
  location: string;
  /** Those that can be seen. */
  holders: { process: number; command: string }[];
  holdersComplete: boolean;
}
/** The live objects under names of this user, or of the machine, by name; who holds them only if asked for. */
export function ls(options?: { global?: boolean; holders?: boolean }): Entry[];
/** One object, with its holders. */
export function lookUp(place: string): Entry;

/** Whatever samepage refuses. The message says what to do next. */
export class SamepageError extends Error {
  private constructor();
  /** 'SAMEPAGE_NOT_FOUND' and so on, by the names of error_list.h. */
  readonly code: string;
  /** The number, the same in all languages. */
  readonly number: number;
  readonly operation: string;
  readonly detail: string;
  /** errno; 0: none. */
  readonly systemCode: number;
}

/** The library's. */
export const version: string;

declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}
