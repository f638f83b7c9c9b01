// Builds the addon with CMake, from the sources of the library beside this folder: what `npm install` runs.
// SPDX-License-Identifier: MIT
//
// SAMEPAGE_NODE_ADDON names one that is built already, for whoever builds with CMake anyway; SAMEPAGE_SOURCE the
// library's folder, where this one was copied elsewhere.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const source = process.env.SAMEPAGE_SOURCE ?? path.join(fs.realpathSync(__dirname), '..', '..');
const into = path.join(__dirname, 'build', 'Release', 'samepage.node');

function build() {
  const folder = path.join(__dirname, 'build', 'cmake');
  const run = (...words) => execFileSync('cmake', words, { stdio: 'inherit' });
  run('-S', source, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DSAMEPAGE_NODE=ON',
    `-DSAMEPAGE_NODE_PROGRAM=${process.execPath}`, '-DSAMEPAGE_CLI=OFF', '-DSAMEPAGE_TESTS=OFF',
    '-DSAMEPAGE_BENCH=OFF', '-DBUILD_SHARED_LIBS=OFF');
  const jobs = process.env.SAMEPAGE_JOBS ?? String(os.cpus().length);
  run('--build', folder, '--target', 'samepage_node', '-j', jobs);
  return path.join(folder, 'bindings', 'node', 'node_modules', 'samepage', 'build', 'Release', 'samepage.node');
}

const built = process.env.SAMEPAGE_NODE_ADDON ?? build();
fs.mkdirSync(path.dirname(into), { recursive: true });
fs.copyFileSync(built, into);
