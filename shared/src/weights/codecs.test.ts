import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from './codecs.fixture.json' with { type: 'json' };
import {
  bytesOfSpan,
  type CodecName,
  codecNames,
  decodeValues,
  encodeHeader,
  encodeUpdate,
  type Layout,
  layoutElements,
  updateForm,
} from './index.js';

const floats = (text: string): Float32Array => {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
const { layout, metadata } = fixture;
const base = floats(fixture.base);
const elements = layoutElements(layout);
const refuse = (tensor: string, problem: string): never => {
  throw new Error(`${tensor}: ${problem}`);
};

/** All values, read piece by piece. */
function readAll(form: ReturnType<typeof updateForm>, file: Uint8Array, start: Float32Array, piece: number) {
  const values = new Float32Array(start.length);
  for (let element = 0; element < start.length; element += piece) {
    const span = { element, elements: Math.min(piece, start.length - element) };
    const { offset, length } = bytesOfSpan(form, span);
    const own = { bytes: file.subarray(offset, offset + length), base: start.subarray(element, element + piece) };
    values.set(decodeValues(form, span, own, refuse), element);
  }
  return values;
}

const coded = ['bf16', 'int8'] as const;

describe.each(coded)('an update as %s', (codec) => {
  const form = updateForm({ layout, metadata }, { codec });

  it('is the very file that NumPy makes, round after round with what the one before lost', () => {
    let residual: Float32Array | null = null;
    for (const [index, round] of fixture.rounds[codec].entries()) {
      const made = encodeUpdate(form, { base, trained: floats(fixture.trained[index]!), residual });
      expect(Buffer.from(made.file).toString('base64')).toBe(round.file);
      expect(bits(readAll(form, made.file, base, elements))).toBe(bits(floats(round.read)));
      expect(bits(made.residual)).toBe(bits(floats(round.residual)));
      residual = made.residual;
    }
  });

  it('is read to the same bits in pieces of any size, and no piece needs a byte of another’s middle', () => {
    const file = Buffer.from(fixture.rounds[codec][0]!.file, 'base64');
    const whole = bits(readAll(form, file, base, elements));
    for (const piece of [1, 7, 100, 255, 256, 300]) expect(bits(readAll(form, file, base, piece))).toBe(whole);
    expect(bytesOfSpan(form, { element: 0, elements: 1 }).length).toBeLessThanOrEqual(260);
  });

  it('keeps moving averages of batch normalisations to the bit', () => {
    const trained = floats(fixture.trained[0]!);
    const read = readAll(form, encodeUpdate(form, { base, trained, residual: null }).file, base, elements);
    expect(bits(read.slice(305, 311))).toBe(bits(trained.slice(305, 311)));
    expect(bits(read)).not.toBe(bits(trained));
  });

  it('loses nothing over time: what all rounds brought differs from what they should have by the last residual alone', () => {
    const weights = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 40, maxLength: 40 });
    const wide: Layout = [{ name: 'a', shape: [40] }];
    const own = updateForm({ layout: wide, metadata }, { codec });
    fc.assert(
      fc.property(fc.array(weights, { minLength: 1, maxLength: 6 }), (steps) => {
        const start = new Float32Array(40);
        let residual: Float32Array | null = null;
        const sums = { wanted: new Float64Array(40), read: new Float64Array(40) };
        for (const step of steps) {
          const trained = Float32Array.from(step);
          const made = encodeUpdate(own, { base: start, trained, residual });
          const read = readAll(own, made.file, start, 40);
          for (let i = 0; i < 40; i++) {
            sums.wanted[i]! += trained[i]!;
            sums.read[i]! += read[i]!;
          }
          residual = made.residual;
        }
        for (let i = 0; i < 40; i++) {
          expect(Math.abs(sums.wanted[i]! - sums.read[i]! - residual![i]!)).toBeLessThan(1e-5);
        }
      }),
    );
  });

  it('leaves out what does not move, whose values are the base’s, in every piece', () => {
    const isSent = (name: string) => name !== 'dense/kernel' && name !== 'norm/moving_mean';
    const partial = updateForm({ layout, metadata }, { codec, isSent });
    expect(Buffer.from(partial.header).toString()).not.toContain('dense/kernel');
    expect(partial.bytes).toBeLessThan(form.bytes - 300);
    const trained = floats(fixture.trained[0]!);
    const made = encodeUpdate(partial, { base, trained, residual: null });
    const read = readAll(partial, made.file, base, 100);
    const whole = readAll(form, encodeUpdate(form, { base, trained, residual: null }).file, base, elements);
    expect(bits(read.slice(0, 300))).toBe(bits(base.slice(0, 300)));
    // Moving averages move whatever the rates are.
    expect(bits(read.slice(300))).toBe(bits(whole.slice(300)));
    expect(made.residual.subarray(0, 300).every((value) => value === 0)).toBe(true);
  });

  it('takes half or a quarter of the bytes', () => {
    const large: Layout = [{ name: 'kernel', shape: [1000, 1000] }];
    const { bytes } = updateForm({ layout: large, metadata }, { codec });
    expect(bytes / 4_000_000).toBeLessThan({ bf16: 0.501, int8: 0.255 }[codec]);
  });
});

it('an update as f32 is a weights file like its model', () => {
  const form = updateForm({ layout, metadata }, { codec: 'f32' });
  expect(Buffer.from(form.header)).toEqual(Buffer.from(encodeHeader(layout, metadata)));
  const trained = floats(fixture.trained[0]!);
  const { file, residual } = encodeUpdate(form, { base, trained, residual: null });
  expect(bits(readAll(form, file, base, 100))).toBe(bits(trained));
  expect(residual.every((value) => value === 0)).toBe(true);
});

describe('reading', () => {
  const model = { layout: [{ name: 'a', shape: [300] }], metadata } as const;
  const read = (codec: CodecName, file: Uint8Array) =>
    readAll(updateForm(model, { codec }), file, new Float32Array(300), 300);

  it.each([
    ['a scale that is no number', (view: DataView, at: number) => view.setFloat32(at, Number.NaN, true)],
    ['an infinite scale', (view: DataView, at: number) => view.setFloat32(at, Number.POSITIVE_INFINITY, true)],
    ['a negative scale', (view: DataView, at: number) => view.setFloat32(at, -1, true)],
    ['a scale of −0', (view: DataView, at: number) => view.setFloat32(at, -0, true)],
    ['a second scale that is no number', (view: DataView, at: number) => view.setFloat32(at + 260, Number.NaN, true)],
    ['a level that no encoder writes', (view: DataView, at: number) => view.setInt8(at + 9, -128)],
    ['values under a scale of 0', (view: DataView, at: number) => view.setFloat32(at, 0, true)],
  ])('refuses %s, naming the tensor', (_, spoil) => {
    const form = updateForm(model, { codec: 'int8' });
    const trained = Float32Array.from({ length: 300 }, (_, i) => i);
    const { file } = encodeUpdate(form, { base: new Float32Array(300), trained, residual: null });
    spoil(new DataView(file.buffer), form.header.length);
    expect(() => read('int8', file)).toThrow(/^a: /);
  });

  it.each(codecNames)('of any bytes as %s gives values or refuses, and never reads beyond them', (codec) => {
    const form = updateForm(model, { codec });
    const bytes = form.bytes - form.header.length;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: bytes, maxLength: bytes }), (body) => {
        const file = new Uint8Array(form.bytes);
        file.set(form.header);
        file.set(body, form.header.length);
        try {
          expect(read(codec, file)).toHaveLength(300);
        } catch (thrown) {
          expect(String(thrown)).toMatch(/^Error: a: /);
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each(coded)('of what was written as %s gives every value back within its step', (codec) => {
    const values = fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 300, maxLength: 300 });
    fc.assert(
      fc.property(values, (given) => {
        const trained = Float32Array.from(given);
        const form = updateForm(model, { codec });
        const { file } = encodeUpdate(form, { base: new Float32Array(300), trained, residual: null });
        const back = read(codec, file);
        for (let begin = 0; begin < 300; begin += 256) {
          const block = trained.subarray(begin, begin + 256);
          const step = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
          block.forEach((value, i) => {
            const error = Math.abs(back[begin + i]! - value);
            expect(error).toBeLessThanOrEqual(codec === 'int8' ? step * 0.5001 + 1e-44 : Math.abs(value) / 256 + 1e-40);
          });
        }
      }),
      { numRuns: 50 },
    );
  });
});
