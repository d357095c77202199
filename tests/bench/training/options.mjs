import { notKnown, readOptions } from '../measuring/options.mjs';
import { networks, trial } from './networks.mjs';

const backends = ['native', 'webgpu', 'wasm', 'cpu'];
const devices = ['any', 'gpu', 'cpu'];

const usage = `npm run bench -- training -- [options]
  --networks a,b     of ${Object.keys(networks).join(', ')} (default: all)
  --backends a,b     of ${backends.join(', ')} (default: native,wasm)
  --device WHAT      any, gpu or cpu: what they must run on; with gpu PyTorch runs there too (default: any)
  --rounds N         runs of each, in turn (default: 5)
  --steps N          most steps timed in a run (default: 12)
  --without-peer     without PyTorch
  --profile          kernels of one step by time and calls, and nothing else`;

/** What was asked for. */
export const optionsOf = (words) =>
  readOptions(words, {
    usage,
    options: {
      networks: { type: 'string', default: Object.keys(networks).join(',') },
      backends: { type: 'string', default: 'native,wasm' },
      device: { type: 'string', default: 'any' },
      rounds: { type: 'string', default: '5' },
      steps: { type: 'string', default: '12' },
      'without-peer': { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
    read: (values) => ({
      networks: oneOf(values.networks, Object.keys({ ...networks, ...trial })),
      backends: oneOf(values.backends, backends),
      device: oneOf(values.device, devices)[0],
      rounds: count(values.rounds),
      steps: count(values.steps),
      peer: !values['without-peer'],
      profile: values.profile,
    }),
  });

function oneOf(text, known) {
  const words = text.split(',');
  const stray = words.find((word) => !known.includes(word));
  if (stray !== undefined) throw notKnown(stray);
  return words;
}

function count(text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`"${text}" is no count.`);
  return value;
}
