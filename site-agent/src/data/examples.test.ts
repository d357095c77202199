import { readdirSync, readFileSync } from 'node:fs';
import { familyOf } from '@consilium/models/families';
import { readRunFile } from '@consilium/shared/contract';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../../deploy/examples/', import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('example run files', () => {
  it('are there', () => expect(examples.length).toBeGreaterThanOrEqual(3));

  it.each(examples)('%s is valid, down to the options of its model, and bears its own name', (name) => {
    const run = readRunFile(readFileSync(new URL(name, folder), 'utf8'), name);
    expect(`${run.name}.yaml`).toBe(name);
    familyOf(run.model.family).parseOptions(run.model.preset, run.model.options);
  });
});
