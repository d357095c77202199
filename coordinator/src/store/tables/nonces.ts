import type { Tx } from '../store.js';

/** A nonce of a signed call, kept until a call with it would be too old anyway. */
export interface NonceRow {
  readonly nonce: string;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
}

/** Spends a nonce. False when it was seen before: the call is a repetition. */
export async function spendNonce(tx: Tx, row: NonceRow): Promise<boolean> {
  const result = await tx
    .insertInto('nonces')
    .values(row)
    .onConflict((conflict) => conflict.column('nonce').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Deletes nonces whose calls would be refused for their age. */
export async function forgetNonces(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('nonces').where('expiresMs', '<=', nowMs).execute();
}
