import { bf16 } from './bf16.js';
import type { Codec } from './codec.js';
import { f32 } from './f32.js';
import { int8 } from './int8.js';

export type { Codec } from './codec.js';

/** The forms in which updates travel: one file and one line each. */
export const codecs = { f32, bf16, int8 } as const satisfies Readonly<Record<string, Codec>>;

export type CodecName = keyof typeof codecs;

export const codecNames = Object.keys(codecs) as [CodecName, ...CodecName[]];
