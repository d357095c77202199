import type { z } from 'zod';
import type { Queries, Tx } from '../store.js';

/** A value that outlives the process and belongs to no other table. */
export interface SettingRow {
  readonly key: string;
  readonly json: string;
}

export async function putSetting(tx: Tx, key: string, value: unknown): Promise<void> {
  const json = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`Setting ${key} has no JSON form.`);
  await tx
    .insertInto('settings')
    .values({ key, json })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ json }))
    .execute();
}

/** A setting, checked by its schema; null when it was never set. */
export async function settingOf<Value>(db: Queries, key: string, schema: z.ZodType<Value>): Promise<Value | null> {
  const row = await db.selectFrom('settings').select('json').where('key', '=', key).executeTakeFirst();
  return row === undefined ? null : schema.parse(JSON.parse(row.json));
}
