// `npm run demo`: invents patients for four hospitals, then rehearses a run with them: a real coordinator and four real
// site agents, each a process of its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { amlCohort } from '@consilium/models/synthetic';
import { readRunFile } from '@consilium/shared/contract';
import { root, run } from './ready.mjs';

const runFile = join(root, 'deploy', 'demo.yaml');
const { model, seed } = readRunFile(readFileSync(runFile, 'utf8'), 'demo.yaml');

// Of the five subtypes, each hospital sees other shares; hospital-d hardly sees the last two.
const hospitals = [
  { name: 'hospital-a', patients: 160, classShares: [4, 2, 2, 1, 1], shift: 0.2 },
  { name: 'hospital-b', patients: 120, classShares: [1, 3, 1, 3, 2], shift: 0.4 },
  { name: 'hospital-c', patients: 90, classShares: [2, 1, 4, 2, 1], shift: 0.3 },
  { name: 'hospital-d', patients: 60, classShares: [3, 3, 3, 0.5, 0.5], shift: 0.6 },
];

const folder = join(process.cwd(), `consilium-demo-${new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}`);
const cohort = amlCohort({ seed, sites: hospitals, features: 120, classes: model.classes, markersPerClass: 6 });
const csv = ({ header, rows }) => [header, ...rows].map((row) => row.join(',')).join('\n');
for (const { name, expression, samples } of cohort.sites) {
  const data = join(folder, 'data', name);
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'expression.csv'), csv(expression));
  writeFileSync(join(data, 'samples.csv'), csv(samples));
}

console.error(
  `Four synthetic hospitals with ${hospitals.reduce((sum, { patients }) => sum + patients, 0)} invented patients train one model together.`,
);
run(process.execPath, [
  join(root, 'coordinator', 'bin', 'consilium.js'),
  'rehearse',
  runFile,
  ...hospitals.flatMap(({ name }) => ['--site', `${name}=${join(folder, 'data', name)}`]),
  '--out',
  join(folder, 'rehearsal'),
  '--backend',
  'wasm',
  '--synthetic',
  ...process.argv.slice(2),
]);
