import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage, readImage } from './index.js';

const width = 5;
const height = 3;
const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => (37 * index) % 256);
const source = () => sharp(Buffer.from(pixels), { raw: { width, height, channels: 3 } });

/** An uncompressed BMP by its definition. @param topDown a negative height, first row first */
function bmp(bits: 8 | 24 | 32, { topDown = false, compression = 0 } = {}): Buffer {
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  const colours = bits === 8 ? width * height : 0;
  const dataStart = 54 + 4 * colours;
  const file = Buffer.alloc(dataStart + rowBytes * height);
  file.write('BM');
  file.writeUInt32LE(dataStart, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(topDown ? -height : height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(compression, 30);
  file.writeUInt32LE(colours, 46);
  for (let index = 0; index < width * height; index++) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(3 * index, 3 * index + 3);
    const row = Math.floor(index / width);
    const at = dataStart + (topDown ? row : height - 1 - row) * rowBytes + ((index % width) * bits) / 8;
    if (bits === 8) {
      file[at] = index;
      file.set([blue, green, red], 54 + 4 * index);
    } else {
      file.set([blue, green, red], at);
    }
  }
  return file;
}

const encoded = new Map<string, Buffer>();
beforeAll(async () => {
  encoded.set('PNG', await source().png().toBuffer());
  encoded.set('TIFF', await source().tiff({ compression: 'lzw' }).toBuffer());
  encoded.set('JPEG', await source().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer());
});

describe('decodeImage', () => {
  it.each(['PNG', 'TIFF'])('gives back the colours of a %s', async (format) => {
    expect(await decodeImage(encoded.get(format)!)).toEqual({ width, height, pixels: Buffer.from(pixels) });
  });

  it('gives back the colours of a JPEG to what it keeps of them', async () => {
    const grey = sharp({ create: { width: 16, height: 16, channels: 3, background: { r: 90, g: 120, b: 200 } } });
    const image = await decodeImage(await grey.jpeg({ quality: 100 }).toBuffer());
    expect(Math.max(...[90, 120, 200].map((value, channel) => Math.abs(value - image.pixels[channel]!)))).toBeLessThan(
      4,
    );
  });

  it.each([
    ['24 bits', bmp(24)],
    ['24 bits from the top down', bmp(24, { topDown: true })],
    ['32 bits', bmp(32)],
    ['8 bits with a palette', bmp(8)],
  ])('gives back the colours of a BMP of %s', async (_, file) => {
    expect(await decodeImage(file)).toEqual({ width, height, pixels });
  });

  it('makes three colours of grey, eight bits of sixteen, and lays what is transparent on white', async () => {
    const grey = await sharp(Buffer.from([0, 100, 255]), { raw: { width: 3, height: 1, channels: 1 } })
      .png()
      .toBuffer();
    expect([...(await decodeImage(grey)).pixels]).toEqual([0, 0, 0, 100, 100, 100, 255, 255, 255]);
    const deep = await source().toColourspace('rgb16').png().toBuffer();
    expect((await decodeImage(deep)).pixels).toEqual(Buffer.from(pixels));
    const clear = await sharp(Buffer.from([10, 20, 30, 0]), { raw: { width: 1, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect([...(await decodeImage(clear)).pixels]).toEqual([255, 255, 255]);
  });

  it('turns an image as the camera says, and keeps nothing else of what the file says', async () => {
    const turned = await source()
      .withMetadata({ orientation: 6 })
      .withExif({ IFD0: { Artist: 'Dr Meyer' } })
      .png()
      .toBuffer();
    const image = await decodeImage(turned);
    expect(Object.keys(image).sort()).toEqual(['height', 'pixels', 'width']);
    expect([image.width, image.height]).toEqual([height, width]);
  });

  it.each([
    ['text', Buffer.from('hello')],
    ['nothing', new Uint8Array()],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')],
    ['GIF', Buffer.from('GIF89a')],
    ['the beginning of a PNG alone', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
    ['a BMP that is cut short', bmp(24).subarray(0, -1)],
    ['a BMP of a header alone', bmp(24).subarray(0, 40)],
    ['a compressed BMP', bmp(8, { compression: 1 })],
  ])('refuses %s', async (_, bytes) => {
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'CSM-DATA-IMAGE' });
  });

  it('refuses what unpacks to more than it may, before it is unpacked', async () => {
    const vast = sharp({ create: { width: 8000, height: 8000, channels: 3, background: 'white' } });
    const bytes = await vast.png({ compressionLevel: 9 }).toBuffer();
    expect(bytes.length).toBeLessThan(2 ** 20);
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'CSM-DATA-IMAGE' });
    const claim = bmp(24);
    claim.writeInt32LE(2 ** 30, 18);
    await expect(decodeImage(claim)).rejects.toMatchObject({ code: 'CSM-DATA-IMAGE' });
  });

  it.each(['PNG', 'JPEG', 'TIFF', 'BMP'])(
    'answers any damage to a %s with an image or with its code',
    async (format) => {
      const whole = format === 'BMP' ? bmp(8) : encoded.get(format)!;
      const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(damage, fc.boolean(), fc.nat(whole.length), async (faults, cut, length) => {
          const copy = Buffer.from(whole);
          for (const [place, byte] of faults) copy[place] = byte;
          await decodeImage(cut ? copy.subarray(0, length) : copy).then(
            (image) => expect(image.pixels.length).toBe(3 * image.width * image.height),
            (error) => expect(error).toMatchObject({ code: 'CSM-DATA-IMAGE' }),
          );
        }),
        { numRuns: 100 },
      );
    },
  );

  it('says which platform lacks the library, and needs none for a BMP', async () => {
    const absent = async () => {
      throw Object.assign(new Error('Could not load the "sharp" module'), { code: 'ERR_DLOPEN_FAILED' });
    };
    await expect(decodeImage(encoded.get('PNG')!, absent)).rejects.toMatchObject({
      code: 'CSM-DATA-IMAGE-LIBRARY',
      details: { reason: 'ERR_DLOPEN_FAILED' },
    });
    expect((await decodeImage(bmp(24), absent)).width).toBe(width);
  });
});

describe('readImage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'consilium-image-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads a file, and refuses one that is not there without its name', async () => {
    writeFileSync(join(folder, 'meyer.bmp'), bmp(24));
    expect((await readImage(join(folder, 'meyer.bmp'))).height).toBe(height);
    for (const path of [join(folder, 'meyer.png'), folder]) {
      const error = await readImage(path).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'CSM-DATA-IMAGE' });
      expect(error.message).not.toContain('meyer');
    }
  });
});
