import { fail } from '@consilium/shared/errors';

/** A square image as PNG. @param pixels [side, side, 3], RGB @throws CSM-DATA-IMAGE-LIBRARY */
export async function encodePng(pixels: Uint8Array, side: number): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it does not start';
    return fail('CSM-DATA-IMAGE-LIBRARY', { platform: `${process.platform}-${process.arch}`, reason }, { cause });
  });
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}
