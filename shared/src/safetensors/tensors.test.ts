import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, openTensors } from './index.js';

class Refused extends Error {}
const refuse = (problem: string): never => {
  throw new Refused(problem);
};
const limits = { headerBytes: 4096, tensorBytes: 64 };

const tensor = (dtype: string, shape: readonly number[], from: number, to: number) => ({
  ...{ dtype, shape, data_offsets: [from, to] },
});

function file(header: unknown, data: Uint8Array): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([prefix, text, data]);
}

const sourceOf = (bytes: Uint8Array): ByteSource => ({
  bytes: bytes.length,
  read: async (position, length) => bytes.slice(position, position + length),
});
const open = (bytes: Uint8Array) => openTensors(sourceOf(bytes), limits, refuse);

const header = {
  __metadata__: { made: 'by hand' },
  brain: tensor('BF16', [2, 2], 0, 8),
  half: tensor('F16', [4], 8, 16),
  'whole/kernel': tensor('F32', [1, 2, 1], 16, 24),
  double: tensor('F64', [], 24, 32),
  count: tensor('I64', [1], 32, 40),
};
const data = Buffer.concat([
  // The upper halves of the float32 1, −2, 0.15625 and 3.3895314e38.
  Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x3e20, 0x7f7f).buffer),
  Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer),
  Buffer.from(Float32Array.of(0.1, Number.NaN).buffer),
  Buffer.from(Float64Array.of(1e-3).buffer),
  Buffer.alloc(8),
]);
const whole = file(header, data);

describe('a safetensors file', () => {
  it('is read tensor by tensor, of any rank, floats of 16, 32 and 64 bits as float32', async () => {
    const { tensors, read } = await open(whole);
    expect([...tensors.keys()]).toEqual(['brain', 'half', 'whole/kernel', 'double', 'count']);
    expect(tensors.get('whole/kernel')).toMatchObject({ shape: [1, 2, 1], kind: 'f32', bytes: 8 });
    expect(await read('brain')).toEqual(Float32Array.of(1, -2, 0.15625, 3.3895313892515355e38));
    expect(await read('half')).toEqual(Float32Array.of(1, -2, 2 ** -24, 65504));
    expect(await read('whole/kernel')).toEqual(Float32Array.of(0.1, Number.NaN));
    expect(await read('double')).toEqual(Float32Array.of(1e-3));
    expect(tensors.get('count')?.kind).toBeNull();
    await expect(read('count')).rejects.toThrow('not of float16');
    await expect(read('none')).rejects.toThrow('no such tensor');
  });

  it.each([
    ['that ends before its header', () => whole.subarray(0, 5), 'cut short'],
    ['that ends within its header', () => whole.subarray(0, 40), 'cut short'],
    ['that ends within its values', () => whole.subarray(0, whole.length - 1), 'outside of the file'],
    ['with bytes of no entry', () => Buffer.concat([whole, Buffer.alloc(1)]), 'do not fill'],
    ['with a header beyond the limit', () => file(' '.repeat(5000), new Uint8Array()), 'larger than'],
    ['whose header is no JSON', () => file('{', new Uint8Array()), 'not JSON'],
    ['whose header is no object', () => file('[1]', new Uint8Array()), 'not a JSON object'],
    ['with an entry that is no tensor', () => file({ a: 1 }, new Uint8Array()), 'not that of a tensor'],
    ['with a size that is not that of its shape', () => file({ a: tensor('F32', [3], 0, 8) }, Buffer.alloc(8)), 'size'],
  ])('%s is refused', async (_, make, problem) => {
    await expect(open(make())).rejects.toThrow(problem);
  });

  it('is not read where a tensor would take more than the limit', async () => {
    const { read } = await open(file({ a: tensor('F16', [17], 0, 34) }, Buffer.alloc(34)));
    await expect(read('a')).rejects.toThrow('larger than');
  });

  it('with any damage is read or refused, and never read beyond its end', async () => {
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), async (faults, length) => {
        const copy = Buffer.from(whole.subarray(0, faults.length > 0 ? whole.length : length));
        for (const [place, byte] of faults) copy[place] = byte;
        try {
          const { tensors, read } = await open(copy);
          for (const [name, { position, bytes, kind, shape }] of tensors) {
            expect(position + bytes).toBeLessThanOrEqual(copy.length);
            if (kind === null) continue;
            expect(await read(name)).toHaveLength(shape.reduce((product, size) => product * size, 1));
          }
        } catch (thrown) {
          if (!(thrown instanceof Refused)) throw thrown;
        }
      }),
      { numRuns: 300 },
    );
  });
});
