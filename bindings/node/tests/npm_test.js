// The package is packed and installed without a network; what is installed works, by require and by import.
// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { folder } = require('./support.js');

const PACKAGE = path.join(__dirname, '..', 'node_modules', 'samepage');
const PROGRAM = `
import { Table, SamepageError, version } from 'samepage';
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
const required = createRequire(import.meta.url)('samepage');
const table = new Table('installed', { codec: 'text' });
execFileSync(process.execPath, ['-e', "require('samepage').Table.open('installed').put('a', 'by another process')"]);
console.log(table.get('a'), required.Table === Table && required.SamepageError === SamepageError, version);
`;

test('npm installs what works', () => {
  const project = path.join(folder, 'project');
  fs.mkdirSync(project);
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n');
  fs.writeFileSync(path.join(project, 'program.mjs'), PROGRAM);
  const env = { ...process.env, npm_config_cache: path.join(folder, 'cache'), HOME: folder };
  const run = (...words) => execFileSync(words[0], words.slice(1), { cwd: project, env, encoding: 'utf8' });
  const [packed] = JSON.parse(run(process.env.SAMEPAGE_NPM, 'pack', PACKAGE, '--json', '--offline', '--ignore-scripts'));
  const names = packed.files.map((file) => file.path);
  for (const name of ['index.d.ts', 'install.js', 'README.md', 'lib/index.js', 'lib/index.mjs', 'lib/table.js']) {
    assert.ok(names.includes(name), name);
  }
  assert.ok(names.every((name) => !name.startsWith('build')), names.join());
  // SAMEPAGE_NODE_ADDON names the addon, so that it isn't built here once more.
  run(process.env.SAMEPAGE_NPM, 'install', `./${packed.filename}`, '--offline', '--no-audit', '--no-fund',
    '--no-update-notifier', '--foreground-scripts');
  const printed = run(process.execPath, 'program.mjs').trim();
  assert.strictEqual(printed, `by another process true ${packed.version}`);
});
