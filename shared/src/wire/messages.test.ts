import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError, fromWire } from '../errors/index.js';
import { coordinatorMessage, readMessage, sendable, siteMessage } from './messages.js';

const hash = 'ab'.repeat(32);
const run = 'cd'.repeat(16);
const key = 'A'.repeat(43);
const signature = 'A'.repeat(86);
const error = { code: 'CSM-INTERNAL', details: { kind: 'RangeError' } };
const manifest = {
  consortium: run,
  run,
  contract: hash,
  step: 'train:0:3',
  site: 'north',
  base: hash,
  kind: 'update',
  codec: 'f32',
  samples: 31,
  hash,
  bytes: 100,
};
const status = {
  type: 'status',
  instance: '0123456789abcdef',
  version: '0.1.0',
  node: 'v20.19.0',
  backend: 'wasm',
  run,
  step: 'train:0:3',
  activity: 'training',
  progress: { done: 3, total: 9, unit: 'batches', epoch: 1, loss: 0.7 },
  error: null,
};
const certificate = {
  body: { consortium: run, role: 'site', id: 'north', publicKey: key, revision: 1, revoked: false },
  signature,
};
const work = {
  run,
  contract: hash,
  contractBlob: hash,
  step: 'train:0:3',
  index: 5,
  model: hash,
  preparation: null,
  journal: hash,
  verdict: { outcome: 'refused', hash, error },
};

const fromSite: readonly Record<string, unknown>[] = [
  status,
  { type: 'submit', contribution: { manifest, signature } },
  { type: 'open', transfer: 1, direction: 'upload', run, step: 'test', hash, bytes: 9, window: 2 ** 20 },
  { type: 'ack', transfer: 1, offset: 2 ** 33 },
  { type: 'commit', transfer: 1 },
  { type: 'abort', transfer: 1, error },
];
const fromCoordinator: readonly Record<string, unknown>[] = [
  { type: 'welcome', standing: 'approved', certificate },
  { type: 'assignment', work },
  { type: 'assignment', work: null },
  { type: 'opened', transfer: 1, bytes: 0, window: 2 ** 23 },
  { type: 'ack', transfer: 1, offset: 0 },
  { type: 'committed', transfer: 0xffff_ffff },
  { type: 'abort', transfer: 1, error },
  { type: 'verdict', outcome: 'accepted', run, step: 'initial', hash },
  { type: 'verdict', outcome: 'refused', run, step: 'validate:4', hash, error },
  { type: 'deferred', run, step: 'prepare:cohort:1', hash, error },
  { type: 'notice', error },
  { type: 'closing', error },
];
const sides = [
  ['a site', siteMessage, fromSite],
  ['a coordinator', coordinatorMessage, fromCoordinator],
] as const;

describe.each(sides)('what %s sends', (_, schema, examples) => {
  it('is read as it is', () => {
    for (const message of examples) expect(readMessage(schema, message)).toEqual(message);
  });

  it('is refused with any member left out, of another kind, or too many', () => {
    const anyExample = fc.constantFrom(...examples);
    const member = anyExample.chain((message) =>
      fc.tuple(fc.constant(message), fc.constantFrom(...Object.keys(message))),
    );
    fc.assert(
      fc.property(member, fc.string(), ([message, name], extra) => {
        const { [name]: _left, ...rest } = message;
        expect(() => readMessage(schema, rest)).toThrow(CodedError);
        for (const wrong of [undefined, true, Number.NaN, -1, 1.5, [], { [extra]: 1 }, 'x'.repeat(70)]) {
          expect(() => readMessage(schema, { ...message, [name]: wrong })).toThrow(CodedError);
        }
        fc.pre(!(extra in message));
        expect(() => readMessage(schema, { ...message, [extra]: 1 })).toThrow(CodedError);
      }),
    );
  });

  it('is refused for any other value, with a coded error that repeats none of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => readMessage(schema, value)).toThrow(CodedError);
      }),
    );
    expect(() => readMessage(schema, { ...examples[0], type: 'patient Miller' })).toThrow(
      expect.objectContaining({ code: 'CSM-WIRE-MALFORMED', message: expect.not.stringContaining('Miller') }),
    );
  });
});

it('a site cannot send what only a coordinator may, and the other way round', () => {
  for (const type of ['welcome', 'assignment', 'opened', 'committed', 'verdict', 'closing']) {
    const message = fromCoordinator.find((one) => one.type === type);
    expect(() => readMessage(siteMessage, message)).toThrow(CodedError);
  }
  for (const type of ['status', 'submit', 'open', 'commit']) {
    const message = fromSite.find((one) => one.type === type);
    expect(() => readMessage(coordinatorMessage, message)).toThrow(CodedError);
  }
});

describe('the error in a status', () => {
  const withDetails = (names: readonly string[]) => ({
    ...status,
    error: { code: 'CSM-INTERNAL', details: Object.fromEntries(names.map((name) => [name, 'x'.repeat(1_024)])) },
  });
  const names = (count: number, length = 64) =>
    Array.from({ length: count }, (_, index) => String(index).padEnd(length, 'n'));
  const malformed = expect.objectContaining({ code: 'CSM-WIRE-MALFORMED', details: { path: 'error.details' } });
  const read = (message: object) => () => readMessage(siteMessage, message);

  it('is as long as one of ours may be, and no longer', () => {
    expect(read(withDetails(names(16)))).not.toThrow();
    for (const hostile of [names(17), names(1_000, 4), names(1, 65)]) {
      expect(read(withDetails(hostile))).toThrow(malformed);
    }
  });

  it('fits however long it was', () => {
    const details = Object.fromEntries(names(40, 100).map((name) => [name, 'x'.repeat(5_000)]));
    const error = sendable(fromWire({ code: 'CSM-INTERNAL', details }));
    expect(Object.keys(error.details)).toHaveLength(16);
    expect(read({ ...status, error })).not.toThrow();
  });
});
