// Shows the frames of the channel "frames" in the terminal: `dashboard.js [COUNT]`, for ever without a count.
// SPDX-License-Identifier: MIT
'use strict';

const { Channel } = require('samepage');

const HEAD_BYTES = 12;
const GREYS = ' .:-=+*#%@';
const terminal = process.stdout.isTTY;

/** Two rows of pixels are one of letters, as letters are about twice as high as wide. */
function draw(pixels, width, height, columns) {
  const step = Math.max(1, Math.ceil(width / columns));
  const lines = [];
  for (let y = 0; y < height; y += 2 * step) {
    let line = '';
    for (let x = 0; x < width; x += step) line += GREYS[Math.floor(pixels[y * width + x] * GREYS.length / 256)];
    lines.push(line);
  }
  return lines.join('\n');
}

async function main(count) {
  const channel = new Channel('frames');
  let shown = 0;
  let lost = 0;
  let since = performance.now();
  if (terminal) process.stdout.write('\x1b[2J');
  for await (const { data, missed } of channel.subscribe()) {
    if (data.length < HEAD_BYTES) continue;
    const [number, width, height] = [data.readUInt32LE(0), data.readUInt32LE(4), data.readUInt32LE(8)];
    const pixels = data.subarray(HEAD_BYTES);
    if (pixels.length !== width * height) continue;
    shown++;
    lost += missed;
    const now = performance.now();
    const rate = 1000 / (now - since);
    since = now;
    if (terminal) process.stdout.write(`\x1b[H${draw(pixels, width, height, process.stdout.columns)}\n`);
    process.stdout.write(`frame ${number}: ${width} x ${height}, ${rate.toFixed(0)} a second, missed ${lost}\n`);
    if (shown === count) break;
  }
  channel.close();
}

main(process.argv.length > 2 ? Number(process.argv[2]) : undefined);
