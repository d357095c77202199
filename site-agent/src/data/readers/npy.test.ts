import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNpy } from './index.js';

/** A file as numpy.save writes it: the header padded to 64 bytes. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4;
  const padded = header.padEnd(Math.ceil((8 + lengthBytes + header.length + 1) / 64) * 64 - 8 - lengthBytes - 1);
  const prefix = Buffer.alloc(8 + lengthBytes);
  prefix.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  prefix.writeUIntLE(padded.length + 1, 8, lengthBytes);
  return Buffer.concat([prefix, Buffer.from(`${padded}\n`), data]);
}
const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;
const bytesOf = (values: Float32Array | Float64Array | Uint16Array) => new Uint8Array(values.buffer);

describe('readNpy', () => {
  it('reads what numpy.save wrote', () => {
    // numpy.save of [[1, 2.5, -3], [1e-6, 65504, inf]] as float16, NumPy 2.4.
    const file = Buffer.from(
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPABBAMIRAP97AHw=',
      'base64',
    );
    const { shape, values } = readNpy(file);
    expect(shape).toEqual([2, 3]);
    expect([...values]).toEqual([1, 2.5, -3, Math.fround(17 * 2 ** -24), 65504, Number.POSITIVE_INFINITY]);
  });

  it.each([1, 2, 3])('gives back any float32 and float64 table, version %i', (version) => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(6), fc.boolean(), fc.infiniteStream(fc.double()), (rows, width, double, stream) => {
        const numbers = Array.from({ length: rows * width }, () => stream.next().value ?? 0);
        const data = double ? Float64Array.from(numbers) : Float32Array.from(numbers);
        const file = npy(header(double ? '<f8' : '<f4', `${rows}, ${width}`), bytesOf(data), version);
        expect(readNpy(file)).toEqual({ shape: [rows, width], values: Float32Array.from(numbers) });
      }),
    );
  });

  it('keeps a scalar and an empty bag', () => {
    expect(readNpy(npy(header('<f4', ''), bytesOf(Float32Array.of(3))))).toEqual({
      shape: [],
      values: Float32Array.of(3),
    });
    expect(readNpy(npy(header('<f4', '0, 5'), new Uint8Array())).shape).toEqual([0, 5]);
  });

  it.each([
    ['Fortran order', npy(header('<f4', '2, 3', 'True'), bytesOf(new Float32Array(6)))],
    ['big-endian numbers', npy(header('>f4', '2, 3'), bytesOf(new Float32Array(6)))],
    ['whole numbers', npy(header('<i4', '2, 3'), bytesOf(new Float32Array(6)))],
    ['objects', npy(header('|O', '2, 3'), bytesOf(new Float32Array(6)))],
    ['fewer numbers than the shape', npy(header('<f4', '2, 3'), bytesOf(new Float32Array(5)))],
    ['more numbers than the shape', npy(header('<f4', '2, 3'), bytesOf(new Float32Array(7)))],
    ['a shape past all counting', npy(header('<f4', '99999999999, 99999999999'), new Uint8Array())],
    ['nine dimensions', npy(header('<f4', '1,1,1,1,1,1,1,1,1'), bytesOf(new Float32Array(1)))],
    ['another version', npy(header('<f4', '1'), bytesOf(new Float32Array(1)), 9)],
    ['no header', npy('', new Uint8Array())],
    ['another beginning', Buffer.from('hello, this is text')],
    ['nothing', new Uint8Array()],
  ])('refuses %s', (_, file) => {
    expect(() => readNpy(file)).toThrow(expect.objectContaining({ code: 'CSM-DATA-NPY' }));
  });

  it('answers any bytes with an array or with its code', () => {
    const whole = npy(header('<f2', '4, 4'), bytesOf(new Uint16Array(16)));
    const damage = fc.tuple(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))), fc.nat(whole.length));
    const damaged = damage.map(([faults, length]) => {
      const copy = Uint8Array.from(whole);
      for (const [place, byte] of faults) copy[place] = byte;
      return copy.subarray(0, length);
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array()), (bytes) => {
        try {
          readNpy(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CSM-DATA-NPY' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
