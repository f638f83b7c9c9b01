// TypeScript accepts the types, and a program that uses them, and refuses what is wrong in it.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { folder } = require('./support.js');

/** What @types/node would say, as far as it matters here. */
const NODE_TYPES = `
interface Buffer extends Uint8Array { equals(other: Uint8Array): boolean }
interface AbortSignal { readonly aborted: boolean }
declare class AbortController { readonly signal: AbortSignal }
declare const console: { log(...words: unknown[]): void };
`;

test('tsc', () => {
  const program = fs.readFileSync(path.join(__dirname, 'typed_program.ts'), 'utf8');
  const expected = program.split('\n').flatMap((line, i) => (line.trim() === '// wrong' ? [i + 2] : []));
  assert.ok(expected.length > 5);
  const types = path.join(folder, 'node.d.ts');
  fs.writeFileSync(types, NODE_TYPES);
  const done = spawnSync(process.env.SAMEPAGE_TSC, ['--noEmit', '--strict', '--target', 'es2021', '--lib', 'es2021',
    '--module', 'node16', '--moduleResolution', 'node16', '--typeRoots', path.join(folder, 'none'), '--pretty', 'false',
    types, path.join(__dirname, 'typed_program.ts')], { encoding: 'utf8', cwd: __dirname });
  assert.strictEqual(done.error, undefined);
  const refusals = done.stdout.split('\n').filter((line) => /error TS/.test(line));
  assert.deepStrictEqual(refusals.filter((line) => !line.startsWith('typed_program.ts(')), []);
  const lines = refusals.map((line) => Number(/\((\d+),/.exec(line)[1]));
  assert.deepStrictEqual([...new Set(lines)], expected, done.stdout);
});
