import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { onlyBag, openBags } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'consilium-bags-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function written(ending: string, ...parts: readonly Uint8Array[]): string {
  const path = join(folder, `patient-${++files}${ending}`);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

function safetensors(header: unknown, data: Uint8Array, length?: number): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length ?? text.length));
  return written('.safetensors', prefix, text, data);
}

async function refusal(path: string, name?: string): Promise<unknown> {
  try {
    const file = await openBags(path);
    try {
      if (name !== undefined) await file.read(name);
    } finally {
      await file.close();
    }
    return 'read';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error : String(error);
  }
}

const tensor = (dtype: string, shape: readonly number[], from: number, to: number) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe('openBags of a safetensors file', () => {
  const floats = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
  const doubles = Buffer.from(Float64Array.of(-0.5, 1e-3).buffer);
  const halves = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer);
  const header = {
    __metadata__: { made: 'by hand' },
    'patient ü': tensor('F32', [2, 2], 0, 16),
    doubles: tensor('F64', [1, 2], 16, 32),
    halves: tensor('F16', [2, 2], 32, 40),
    nobody: tensor('F32', [0, 2], 40, 40),
    places: tensor('I32', [1, 2], 40, 48),
    '3': tensor('F32', [2], 48, 56),
  };
  const data = Buffer.concat([floats, doubles, halves, Buffer.alloc(16)]);

  it('reads float16, float32 and float64 tables by name, and passes over all else', async () => {
    const file = await openBags(safetensors(header, data));
    expect([...file.bags.keys()]).toEqual(['patient ü', 'doubles', 'halves', 'nobody']);
    expect(file.bags.get('halves')).toMatchObject({ vectors: 2, width: 2 });
    expect(await file.read('patient ü')).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(await file.read('doubles')).toEqual(Float32Array.of(-0.5, 1e-3));
    expect(await file.read('halves')).toEqual(Float32Array.of(1, -2, 2 ** -24, 65504));
    expect(await file.read('nobody')).toEqual(new Float32Array());
    await expect(file.read('places')).rejects.toMatchObject({ code: 'CSM-DATA-BAG' });
    await file.close();
  });

  it.each([
    ['a header that claims more than the file', () => safetensors(header, data, 10 ** 6)],
    ['a header of more than 32 MiB', () => safetensors(header, data, 2 ** 40)],
    ['a header that is no JSON', () => safetensors('{', new Uint8Array())],
    ['a header that is no object', () => safetensors('[1]', new Uint8Array())],
    ['an entry that is no tensor', () => safetensors({ a: 1 }, new Uint8Array())],
    ['an entry outside of the file', () => safetensors({ a: tensor('F32', [2, 2], 0, 16) }, Buffer.alloc(8))],
    [
      'an entry of another size than its shape',
      () => safetensors({ a: tensor('F32', [2, 3], 0, 16) }, Buffer.alloc(16)),
    ],
    ['bytes that belong to no entry', () => safetensors({ a: tensor('F32', [2, 2], 0, 16) }, Buffer.alloc(17))],
    ['nothing at all', () => written('.safetensors')],
    ['another ending', () => written('.csv', Buffer.from('a,b'))],
    ['no file', () => join(folder, 'absent.safetensors')],
  ])('refuses %s, without the name of the file', async (_, make) => {
    const error = await refusal(make());
    expect(error).toMatchObject({ code: 'CSM-DATA-BAG' });
    expect(String(error)).not.toMatch(/patient|absent/);
  });

  it('answers any damage with a code', async () => {
    const text = Buffer.from(JSON.stringify(header));
    const whole = Buffer.concat([Buffer.from(BigUint64Array.of(BigInt(text.length)).buffer), text, data]);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), async (faults, length) => {
        const copy = Buffer.from(whole);
        for (const [place, byte] of faults) copy[place] = byte;
        const answer = await refusal(
          written('.safetensors', copy.subarray(0, faults.length > 0 ? copy.length : length)),
          'halves',
        );
        if (answer !== 'read') expect(answer).toMatchObject({ code: 'CSM-DATA-BAG' });
      }),
      { numRuns: 150 },
    );
  });
});

describe('openBags of an HDF5 file', () => {
  // Written by h5py 3.16, with whole numbers, links and a vector beside the bags.
  const path = fileURLToPath(new URL('./bags.fixture.h5', import.meta.url));

  it('reads tables of float32 and float64 at its root, and passes over all else', async () => {
    const file = await openBags(path);
    expect([...file.bags.keys()].sort()).toEqual(['lzf', 'p1', 'p2', 'p3']);
    expect(file.bags.get('p1')).toEqual({ vectors: 3, width: 2 });
    expect(await file.read('p1')).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    expect(await file.read('p2')).toEqual(Float32Array.of(0.5, -1));
    expect(await file.read('p3')).toEqual(new Float32Array());
    await expect(file.read('coords')).rejects.toMatchObject({ code: 'CSM-DATA-BAG' });
    await expect(file.read('lzf')).rejects.toMatchObject({ code: 'CSM-DATA-H5-CODEC', details: { codec: 'lzf' } });
    await file.close();
  });

  it('reads two files at once', async () => {
    const [first, second] = await Promise.all([openBags(path), openBags(path)]);
    const bags = await Promise.all([first.read('p1'), second.read('p2'), first.read('p2')]);
    expect(bags.map(({ length }) => length)).toEqual([6, 2, 2]);
    await Promise.all([first.close(), second.close()]);
  });

  it('refuses what is no HDF5 file, without its name', async () => {
    for (const make of [() => written('.h5', Buffer.from('hello')), () => join(folder, 'absent.h5')]) {
      const error = await refusal(make());
      expect(error).toMatchObject({ code: 'CSM-DATA-BAG' });
      expect(String(error)).not.toMatch(/patient|absent/);
    }
  });
});

describe('openBags of an NPY file', () => {
  const npy = (shape: string, data: Uint8Array) => {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }\n`;
    const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 0xff, text.length >> 8]);
    return written('.npy', head, Buffer.from(text), data);
  };

  it('has one bag', async () => {
    const file = await openBags(npy('1, 2', Buffer.from(Float32Array.of(5, 6).buffer)));
    expect([...file.bags]).toEqual([[onlyBag, { vectors: 1, width: 2 }]]);
    expect(await file.read(onlyBag)).toEqual(Float32Array.of(5, 6));
    await expect(file.read('other')).rejects.toMatchObject({ code: 'CSM-DATA-BAG' });
    await file.close();
  });

  it('refuses an array that is no table, a damaged one and a folder', async () => {
    expect(await refusal(npy('2,', Buffer.alloc(8)))).toMatchObject({ code: 'CSM-DATA-BAG' });
    expect(await refusal(npy('2, 2', Buffer.alloc(8)))).toMatchObject({ code: 'CSM-DATA-NPY' });
    expect(await refusal(join(folder, 'absent.npy'))).toMatchObject({ code: 'CSM-DATA-BAG' });
  });
});
