/**
 * A form in which the values of an update travel. Values are coded tensor by tensor, in blocks that begin anew with each tensor, so
 * that any part can be read without the rest.
 */
export interface Codec {
  /** What a reader of safetensors finds: the type and, for values that share bytes, a plain row of bytes. */
  readonly dtype: 'F32' | 'BF16' | 'U8';
  /** Coded is a value's difference from the model that the work started from, or the value itself. */
  readonly of: 'differences' | 'values';
  /** Values of a whole block; the last one of a tensor may have fewer. */
  readonly blockElements: number;
  /** Bytes of this many values of one tensor, from the beginning of a block. */
  bytesOf(elements: number): number;
  /** Codes values from the beginning of a block; `into` has as many bytes as `bytesOf` says. */
  encode(values: Float64Array, into: Uint8Array): void;
  /**
   * Reads values from the beginning of a block, each a float64 without rounding. Whether they are finite is for others to judge.
   * @returns what no encoder writes, in words; null where there is no such thing
   */
  decode(bytes: Uint8Array, into: Float64Array): string | null;
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
