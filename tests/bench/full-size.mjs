// A training step of every family at the size of its publication: how long it takes, and how much memory. Each stage in a process of its own.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cases } from './full-size.cases.mjs';
import { notKnown, readOptions } from './measuring/options.mjs';

const run = promisify(execFile);
const program = fileURLToPath(new URL('full-size.step.mjs', import.meta.url));
const mebibyte = 2 ** 20;
/** What the machine of a hospital may be expected to have. */
const memoryGoalMebibytes = 24 * 1024;

const usage = `npm run bench -- full-size -- [options]
  --cases a,b     of ${Object.keys(cases).join(', ')} (default: all)
  --backend NAME  native, webgpu or wasm (default: native)`;

export async function bench(words) {
  const { chosen, backend } = readOptions(words, {
    usage,
    options: {
      cases: { type: 'string', default: Object.keys(cases).join(',') },
      backend: { type: 'string', default: 'native' },
    },
    read: (values) => ({ chosen: values.cases.split(',').map(known), backend: values.backend }),
  });
  const figures = [];
  for (const name of chosen) figures.push(...(await figuresOf(name, backend)));
  return figures;
}

function known(name) {
  if (!Object.hasOwn(cases, name)) throw notKnown(name);
  return name;
}

async function figuresOf(name, backend) {
  const { stdout } = await run(process.execPath, [program, JSON.stringify({ name, backend })]);
  const { weights, rows, stepMs, productMs, peakBytes, device } = JSON.parse(stdout.trim().split('\n').at(-1));
  console.log(`${name}: ${weights.toLocaleString('en')} weights, ${rows} samples a step, ${backend} on ${device}`);
  const peak = peakBytes / mebibyte;
  return [
    {
      what: `${name}: step`,
      value: `${(stepMs / 1000).toFixed(2)} s`,
      ratio: stepMs / productMs,
      to: 'a product of matrices of 1,024',
    },
    {
      what: `${name}: peak memory`,
      value: `${peak.toFixed(0)} MiB`,
      ratio: peak / memoryGoalMebibytes,
      to: '24 GiB',
      goal: { atMost: 1 },
    },
  ];
}
