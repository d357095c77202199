import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@consilium/shared/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soakSeconds } from '../harness/soak.js';
import { parsers } from './parsers.js';

/** For each parser. */
const seconds = soakSeconds || 0.5;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Bytes near a good example: some replaced, cut out, doubled or put in; or any at all. */
const near = (example: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const at = fc.nat(example.length);
  const change = fc.oneof(
    fc.record({ at, drop: fc.constant(1), put: fc.uint8Array({ minLength: 1, maxLength: 1 }) }),
    fc.record({ at, drop: fc.nat(20), put: fc.uint8Array({ maxLength: 20 }) }),
    fc.record({ at, drop: fc.constant(example.length), put: fc.constant(new Uint8Array(0)) }),
    fc.record({ at, drop: fc.constant(0), put: at.map((from) => example.subarray(from)) }),
    fc.record({
      at,
      drop: fc.nat(4),
      put: fc.constantFrom('0', '-1', '9e99', 'null', '[', '{"', '../').map(Buffer.from),
    }),
  );
  const changed = fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce<Uint8Array>(
        (bytes, one) => Buffer.concat([bytes.subarray(0, one.at), one.put, bytes.subarray(one.at + one.drop)]),
        example,
      ),
    );
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) });
};

describe('whatever bytes come,', () => {
  it.each(Object.entries(parsers))(
    '%s is taken, or refused with a code',
    async (_, { example, read }) => {
      // What is loaded with the first file is not what is timed.
      await (async () => read(example, folder))().catch(() => {});
      await fc.assert(
        fc.asyncProperty(near(example), async (bytes) => {
          try {
            await read(bytes, folder);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(CodedError);
            expect((thrown as CodedError).code).not.toBe('CSM-INTERNAL');
          }
        }),
        { numRuns: 1_000_000, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false },
      );
    },
    seconds * 1000 + 120_000,
  );
});
