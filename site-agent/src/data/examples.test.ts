import { readdirSync, readFileSync } from 'node:fs';
import { familyOf } from '@consilium/models/families';
import { readRunFile, runFile } from '@consilium/shared/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const folder = new URL('../../../deploy/examples/', import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const guide = readFileSync(new URL('../../../docs/run-file.md', import.meta.url), 'utf8');

describe('example run files', () => {
  it('are there', () => expect(examples.length).toBeGreaterThanOrEqual(3));

  it.each(examples)('%s is valid, down to the options of its model, and bears its own name', (name) => {
    const run = readRunFile(readFileSync(new URL(name, folder), 'utf8'), name);
    expect(`${run.name}.yaml`).toBe(name);
    familyOf(run.model.family).parseOptions(run.model.preset, run.model.options);
  });
});

describe('the guide to run files', () => {
  it('shows a valid one', () => {
    const [, example = ''] = /## A worked example\s+```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
    expect(readRunFile(example).name).toBe('acute-leukemia');
  });

  it('names every setting of the schema', () => {
    const names: string[] = [];
    z.toJSONSchema(runFile, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        names.push(...Object.keys(jsonSchema.properties ?? {}));
      },
    });
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(guide))).toEqual([]);
  });
});
