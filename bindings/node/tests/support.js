// What the tests of the Node binding share: names of their own, and other processes that play along.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

/** Milliseconds after which something that must happen has not happened. Nothing waits so long when all is well. */
const DEADLINE = 120_000;

const shm = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
const folder = fs.mkdtempSync(path.join(shm, 'samepage-node-'));
process.env.SAMEPAGE_DIR = folder;
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

/** Waits for a condition that another process, thread or the collector brings about. */
async function until(condition, what = 'it') {
  const end = Date.now() + DEADLINE;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `${what} didn't happen in ${DEADLINE} ms`);
    await sleep(2);
  }
}

/** Waits for a condition that the garbage collector brings about. */
function collected(condition, what) {
  return until(() => {
    global.gc();
    return condition();
  }, what);
}

/** The lines of a stream, one by one; undefined when it has ended. */
class Lines {
  #lines = [];
  #rest = '';
  #ended = false;
  #wake = () => {};

  constructor(stream) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop();
      this.#lines.push(...lines);
      this.#wake();
    });
    stream.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async next() {
    while (this.#lines.length === 0 && !this.#ended) {
      await new Promise((resolve) => { this.#wake = resolve; });
    }
    return this.#lines.shift();
  }
}

/** What another process has besides the package: say() and hear(); it ends by itself when nothing is left to do. */
const PRELUDE = `
'use strict';
const samepage = require('samepage');
const { Region, Cell, Lock, Channel, Queue, Table, SamepageError } = samepage;
const say = (...words) => require('node:fs').writeSync(1, words.join(' ') + '\\n');
let lines;
async function hear() {
  lines ??= new (${Lines})(process.stdin);
  process.stdin.ref();
  const line = await lines.next();
  process.stdin.unref();
  return line;
}
`;

/** Another Node process that runs `code`; say() and hear() in it are line() and tell() here. */
class Other {
  #lines;

  constructor(code, { flags = [] } = {}) {
    this.child = spawn(process.execPath, [...flags, '-e', `${PRELUDE}(async () => {${code}\n})();`], {
      stdio: ['pipe', 'pipe', 'pipe'], cwd: __dirname,
    });
    this.child.stdin.on('error', () => {});
    this.errors = '';
    this.child.stderr.on('data', (data) => { this.errors += data; });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code_, signal) => resolve(signal ?? code_));
    });
    this.#lines = new Lines(this.child.stdout);
  }

  async line() {
    const line = await this.#lines.next();
    if (line === undefined) assert.fail(`the other process has ended: ${await this.ended} ${this.errors}`);
    return line;
  }

  tell(words = '') {
    this.child.stdin.write(`${words}\n`);
  }

  /** Gone, and known to be. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Its exit code, or the signal that ended it, when it has ended by itself. */
  async end() {
    this.child.stdin.end();
    return this.ended;
  }
}

/** An assertion's condition: a SamepageError of that name. */
function refused(name) {
  return (error) => {
    assert.strictEqual(error?.code, `SAMEPAGE_${name}`, error?.stack);
    assert.strictEqual(error.name, 'SamepageError');
    assert.ok(error instanceof Error);
    return true;
  };
}

/** Whether somebody holds it. */
function isHeld(noun, place) {
  try {
    noun.open(place).close();
    return true;
  } catch (error) {
    if (error.code === 'SAMEPAGE_NOT_FOUND') return false;
    throw error;
  }
}

module.exports = { DEADLINE, Other, collected, folder, isHeld, refused, sleep, until };
