import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { modules } from './modules.js';

describe('the SIMD modules', () => {
  it('are what the .wat files assemble to', async () => {
    const folder = new URL('.', import.meta.url);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.wat'));
    const { parseWat } = await wabt();
    const assembled = await Promise.all(
      files.sort().map(async (name) => {
        const source = await readFile(new URL(name, folder), 'utf8');
        return Buffer.from(parseWat(name, source, { simd: true }).toBinary({}).buffer).toString('base64');
      }),
    );
    expect(Object.values(modules), 'run assemble.mjs').toEqual(assembled);
  });
});
