import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import {
  decodeHeader,
  decodeWeights,
  digest,
  elementsOf,
  encodeHeader,
  encodeWeights,
  headerLength,
  type Layout,
  layoutElements,
  tensorAt,
} from './index.js';

const metadata = { format: 'consilium-weights-1', family: 'attention-aml' };
const small: Layout = [
  { name: 'dense/kernel', shape: [2, 3] },
  { name: 'dense/bias', shape: [3] },
  { name: '10', shape: [] },
];
const values = Float32Array.of(1, -2, 0.5, -0, 3e38, 1e-45, 7, 8, 9, 10);

const names = fc.stringMatching(/^[a-z0-9_][a-z0-9_./-]{0,12}$/).filter((name) => !(name in Object.prototype));
const layouts: fc.Arbitrary<Layout> = fc.uniqueArray(
  fc.record({ name: names, shape: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }) }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 8 },
);

/** A header with any JSON text, padded as it should be. */
function header(text: string, length?: bigint): Uint8Array {
  const body = Buffer.from(text);
  const bytes = new Uint8Array(Math.ceil((8 + body.length) / 64) * 64).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(bytes.length - 8), true);
  bytes.set(body, 8);
  return bytes;
}

/** The code and the facts of the error that an action ends in. */
function refusal(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof CodedError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('nothing was refused');
}

const text = (bytes: Uint8Array) => Buffer.from(bytes.subarray(8)).toString();
const altered = (from: string | RegExp, to: string) => {
  const before = text(encodeHeader(small, metadata)).trimEnd();
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return header(after);
};

describe('weights file', () => {
  it('gives back what was written, bit for bit', () => {
    fc.assert(
      fc.property(layouts, fc.infiniteStream(fc.float({ noNaN: false })), (layout, stream) => {
        const original = Float32Array.from({ length: layoutElements(layout) }, () => stream.next().value ?? 0);
        const read = decodeWeights(encodeWeights({ layout, metadata, values: original }));
        expect(read.layout).toEqual(layout);
        expect(read.metadata).toEqual(metadata);
        expect(Buffer.from(read.values.buffer).equals(Buffer.from(original.buffer))).toBe(true);
      }),
    );
  });

  it('is a safetensors file: read by a parser that knows only the published format', () => {
    const bytes = Buffer.from(encodeWeights({ layout: small, metadata, values }));
    const length = Number(bytes.readBigUInt64LE(0));
    const json: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(
      bytes.subarray(8, 8 + length).toString(),
    );
    const data = bytes.subarray(8 + length);
    expect(bytes[8]).toBe('{'.charCodeAt(0));
    expect((8 + length) % 64).toBe(0);
    expect(json.__metadata__).toEqual(metadata);
    const tensors = Object.entries(json).filter(([name]) => name !== '__metadata__');
    expect(tensors.map(([name]) => name).sort()).toEqual(['10', 'dense/bias', 'dense/kernel']);
    const bias = json['dense/bias'];
    expect(bias).toEqual({ dtype: 'F32', shape: [3], data_offsets: [24, 36] });
    expect([0, 1, 2].map((index) => data.readFloatLE(24 + 4 * index))).toEqual([7, 8, 9]);
    expect(Math.max(...tensors.map(([, { data_offsets }]) => data_offsets[1]))).toBe(data.length);
  });

  it('keeps the order of tensors whose names look like numbers', () => {
    const layout = ['10', 'b', '2', 'a', '1'].map((name) => ({ name, shape: [1] }));
    expect(decodeHeader(encodeHeader(layout, {})).layout).toEqual(layout);
  });

  it('has one header for a layout, whatever the order of the metadata keys', () => {
    const one = encodeHeader(small, { a: '1', b: '2' });
    expect(encodeHeader(small, { b: '2', a: '1' })).toEqual(one);
    expect(encodeHeader([...small].reverse(), { a: '1', b: '2' })).not.toEqual(one);
  });

  it('shares no memory with the bytes it was read from, and reads from any offset', () => {
    const encoded = encodeWeights({ layout: small, metadata, values });
    const shifted = new Uint8Array(encoded.length + 3);
    shifted.set(encoded, 3);
    const read = decodeWeights(shifted.subarray(3));
    shifted.fill(0xff);
    expect(read.values).toEqual(values);
  });

  it('names the tensor of a value', () => {
    expect([0, 5, 6, 8, 9].map((index) => tensorAt(small, index))).toEqual([
      'dense/kernel',
      'dense/kernel',
      'dense/bias',
      'dense/bias',
      '10',
    ]);
    expect(() => tensorAt(small, 10)).toThrow(RangeError);
  });

  it('has the digest of its bytes', () => {
    const bytes = encodeWeights({ layout: small, metadata, values });
    expect(digest({ layout: small, metadata, values })).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});

describe('weights refused when written', () => {
  it.each([
    ['a name twice', [small[0]!, small[0]!]],
    ['an empty dimension', [{ name: 'a', shape: [0] }]],
    ['a fractional dimension', [{ name: 'a', shape: [1.5] }]],
    ['more elements than can be counted', [{ name: 'a', shape: [2 ** 30, 2 ** 30] }]],
    ['a name with a space', [{ name: 'a b', shape: [1] }]],
    ['a name that reaches the prototype', [{ name: 'constructor', shape: [1] }]],
    ['no tensor', []],
  ])('%s', (_, layout) => {
    expect(refusal(() => encodeHeader(layout, {})).code).toBe('CSM-WEIGHTS-LAYOUT');
  });

  it('values that are not as many as the layout says', () => {
    const short = values.subarray(1);
    expect(refusal(() => encodeWeights({ layout: small, metadata, values: short })).code).toBe('CSM-WEIGHTS-SIZE');
  });

  it('a header of 1 MiB', () => {
    const layout = [{ name: 'a', shape: [1] }];
    const room = 2 ** 20 - encodeHeader(layout, {}).length;
    expect(encodeHeader(layout, { note: 'x'.repeat(room - 128) }).length).toBeLessThan(2 ** 20);
    expect(refusal(() => encodeHeader(layout, { note: 'x'.repeat(room) })).code).toBe('CSM-WEIGHTS-HEADER');
  });
});

describe('weights refused when read', () => {
  it.each([
    ['values that overlap', () => altered('[24,36]', '[20,32]'), 'CSM-WEIGHTS-TENSOR', /overlap/],
    ['values with a gap', () => altered('[24,36]', '[28,40]'), 'CSM-WEIGHTS-TENSOR', /gap/],
    ['a tensor that begins late', () => altered('[0,24]', '[4,28]'), 'CSM-WEIGHTS-TENSOR', /gap/],
    ['a size that is not the shape’s', () => altered('[2,3]', '[2,4]'), 'CSM-WEIGHTS-TENSOR', /size/],
    ['another type', () => altered('F32', 'F16'), 'CSM-WEIGHTS-TENSOR', /not F32/],
    ['a negative offset', () => altered('[0,24]', '[-24,0]'), 'CSM-WEIGHTS-TENSOR', /data_offsets/],
    [
      'an overflowing shape',
      () => altered('[2,3]', '[4503599627370496,4503599627370496]'),
      'CSM-WEIGHTS-TENSOR',
      /many/,
    ],
    ['a stray field', () => altered('"shape":[3]', '"shape":[3],"extra":1'), 'CSM-WEIGHTS-TENSOR', /.*/],
    ['a prototype name', () => altered('"dense/bias"', '"__proto__"'), 'CSM-WEIGHTS-TENSOR', /number \d.*name/],
    ['a constructor name', () => altered('"dense/bias"', '"constructor"'), 'CSM-WEIGHTS-TENSOR', /name/],
    ['a name with a line break', () => altered('dense/bias', 'a\\nb'), 'CSM-WEIGHTS-TENSOR', /name is not allowed/],
    ['prototype metadata', () => altered('"family":', '"__proto__":'), 'CSM-WEIGHTS-HEADER', /canonical/],
    ['metadata of another type', () => altered('"attention-aml"', '1'), 'CSM-WEIGHTS-HEADER', /metadata/],
    ['no metadata', () => altered(/"__metadata__":\{.*?\},/, ''), 'CSM-WEIGHTS-HEADER', /canonical/],
    [
      'a tensor twice',
      () => altered('"10":', '"dense/bias":{"dtype":"F32","shape":[3],"data_offsets":[24,36]},"10":'),
      'CSM-WEIGHTS-HEADER',
      /canonical/,
    ],
    ['other white space', () => altered(',"shape"', ', "shape"'), 'CSM-WEIGHTS-HEADER', /canonical/],
    ['a number in another form', () => altered('[24,36]', '[2.4e1,36]'), 'CSM-WEIGHTS-HEADER', /canonical/],
    ['no tensor', () => header('{"__metadata__":{}}'), 'CSM-WEIGHTS-HEADER', /no tensor/],
    ['a list', () => header('[]'), 'CSM-WEIGHTS-HEADER', /object/],
    ['null', () => header('null'), 'CSM-WEIGHTS-HEADER', /object/],
    ['no JSON', () => header('{'), 'CSM-WEIGHTS-HEADER', /not JSON/],
    ['deep nesting', () => header('['.repeat(500_000)), 'CSM-WEIGHTS-HEADER', /not JSON/],
    ['a huge header', () => header('{}', 2n ** 20n), 'CSM-WEIGHTS-HEADER', /1 MiB/],
    ['a header of 2^63 bytes', () => header('{}', 2n ** 63n), 'CSM-WEIGHTS-HEADER', /1 MiB/],
    ['a header off the boundary', () => header('{}', 55n), 'CSM-WEIGHTS-HEADER', /multiple of 64/],
    ['a header cut short', () => encodeHeader(small, metadata).subarray(0, 64), 'CSM-WEIGHTS-HEADER', /ends before/],
    ['nothing', () => new Uint8Array(0), 'CSM-WEIGHTS-HEADER', /ends before/],
  ])('%s', (_, make, code, message) => {
    const found = refusal(() => decodeHeader(make()));
    expect(found.code).toBe(code);
    expect(found.message).toMatch(message);
  });

  it('a file cut short or with bytes behind it', () => {
    const bytes = encodeWeights({ layout: small, metadata, values });
    expect(refusal(() => decodeWeights(bytes.subarray(0, -1))).code).toBe('CSM-WEIGHTS-SIZE');
    expect(refusal(() => decodeWeights(Buffer.concat([bytes, Buffer.alloc(4)]))).code).toBe('CSM-WEIGHTS-SIZE');
  });

  it('any bytes: a coded error or a file that is written the same again, never another fault', () => {
    const good = encodeHeader(small, metadata);
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const mutated = edits.map((changes) => {
      const bytes = good.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
    const json = fc.json().map((value) => header(value));
    fc.assert(
      fc.property(fc.oneof(mutated, json, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          const { layout, metadata: read, headerBytes, dataBytes } = decodeHeader(bytes);
          expect(encodeHeader(layout, read)).toEqual(bytes.slice(0, headerLength(bytes)));
          expect(headerBytes).toBe(headerLength(bytes));
          expect(dataBytes).toBe(4 * layout.reduce((sum, { shape }) => sum + elementsOf(shape), 0));
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          expect(error.code).toMatch(/^CSM-WEIGHTS-/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
