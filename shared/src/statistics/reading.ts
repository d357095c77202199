import { z } from 'zod';
import { fail } from '../errors/index.js';

/** 16 random bytes, so that a blob's hash says nothing about what is in it. */
export const salt = z.string().regex(/^[A-Za-z0-9_-]{22}$/, '16 bytes in base64url');
export const finite = z.number();
export const count = z.int().min(0);
export const featureNames = z.array(z.string().min(1).max(256)).max(1_000_000);

/** Refuses statistics, by the place of the fault; their values are never repeated. */
export const refuse = (problem: string): never => fail('CSM-STATISTICS-INVALID', { problem });

/** JSON bytes against a schema. @throws CSM-STATISTICS-INVALID */
export function readJson<Schema extends z.ZodType>(bytes: Uint8Array, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parse(bytes));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  return refuse(`${issue?.path.map(String).join('.') || 'the whole'} is not as agreed (${issue?.code ?? 'unknown'})`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refuse('not JSON');
  }
}
