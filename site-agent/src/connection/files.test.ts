import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../config/index.js';
import { fileSink, fileSource } from './files.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file sink', () => {
  it('takes bytes, also those of a later process, and knows the digest of all', async () => {
    const path = join(folder, 'model.part');
    const bytes = randomBytes(2_500_000);
    const first = await fileSink(path);
    await first.write(0, bytes.subarray(0, 1_500_000));
    await first.close();
    const second = await fileSink(path);
    expect(await second.offset()).toBe(1_500_000);
    await second.write(1_500_000, bytes.subarray(1_500_000));
    expect(await second.digest()).toBe(sha256(bytes));
    await second.close();
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('refuses a gap, and begins anew after it was discarded', async () => {
    const sink = await fileSink(join(folder, 'model.part'));
    await sink.write(0, randomBytes(10));
    await expect(sink.write(11, randomBytes(1))).rejects.toThrow(RangeError);
    await sink.discard();
    expect(await sink.offset()).toBe(0);
    await sink.write(0, Buffer.from('abc'));
    expect(await sink.digest()).toBe(sha256(Buffer.from('abc')));
    await sink.close();
  });

  it('writes over what a full disk took of a frame: the next try, or the next process, ends in the very bytes', async () => {
    const path = join(folder, 'model.part');
    const bytes = randomBytes(3000);
    let room = 0;
    /** Takes as many bytes as there is room for, and then says that there is none. */
    const fill = async (given: Uint8Array, take: (part: Uint8Array) => Promise<unknown>) => {
      await take(given.subarray(0, room));
      if (given.length > room) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
      return { bytesWritten: given.length, buffer: given };
    };
    const open = async (...given: Parameters<Disk['open']>) => {
      const file = await realDisk.open(...given);
      const whole = { write: file.write.bind(file), appendFile: file.appendFile.bind(file) };
      return Object.assign(file, {
        write: (given: Uint8Array, from: number, length: number, at: number) =>
          fill(given.subarray(from, from + length), (part) => whole.write(part, 0, part.length, at)),
        appendFile: (given: Uint8Array) => fill(given, (part) => whole.appendFile(part)),
      });
    };
    const disk: Disk = { ...realDisk, open: open as Disk['open'] };
    const first = await fileSink(path, disk);
    room = 700;
    await expect(first.write(0, bytes.subarray(0, 1000))).rejects.toMatchObject({
      ...{ code: 'CSM-AGENT-DISK', details: { file: 'model.part', reason: 'ENOSPC' } },
    });
    expect(await first.offset()).toBe(0);
    room = 3000;
    await first.write(0, bytes.subarray(0, 1000));
    room = 900;
    await expect(first.write(1000, bytes.subarray(1000))).rejects.toMatchObject({ code: 'CSM-AGENT-DISK' });
    await first.close();
    room = 3000;
    const second = await fileSink(path, disk);
    expect(await second.offset()).toBe(1900);
    await second.write(1900, bytes.subarray(1900));
    expect(await second.digest()).toBe(sha256(bytes));
    await second.close();
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
  });
});

describe('a file source', () => {
  it('reads any part, and says so when the file is shorter than it was', async () => {
    const path = join(folder, 'update');
    const bytes = randomBytes(3000);
    const sink = await fileSink(path);
    await sink.write(0, bytes);
    const source = await fileSource(path);
    expect(source.bytes).toBe(3000);
    expect(Buffer.from(await source.read(1000, 1500))).toEqual(bytes.subarray(1000, 2500));
    await sink.discard();
    await expect(source.read(1000, 1500)).rejects.toThrow(RangeError);
    await source.close();
    await sink.close();
  });
});
