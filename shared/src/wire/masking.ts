/**
 * Whether the native code of `bufferutil` is in use, which websockets take for masking when it is there; without it
 * uploads are two to three times slower.
 * @param load `require` of the package that depends on it
 */
export function hasNativeMasking(load: (name: string) => unknown): boolean {
  try {
    return load('bufferutil') !== load('bufferutil/fallback');
  } catch {
    return false;
  }
}

/** What to tell when it is not. */
export const slowMaskingNote = 'bufferutil does not load here: transfers are two to three times slower';
