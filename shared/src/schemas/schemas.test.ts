import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runFile } from '../contract/index.js';
import { inventReport, inventRun } from '../report/reports.fixture.js';
import { publishedSchemas } from './index.js';

const named = (name: string) => publishedSchemas().find((one) => one.name === name)!.schema;
/** A reader that knows the published schema alone. */
const readerOf = (name: string) => z.fromJSONSchema(JSON.parse(JSON.stringify(named(name))));

describe('the published schemas', () => {
  it.each(publishedSchemas())(
    'docs/schemas/$name.json is what checks the document (renew it: npx vitest run -u --project shared shared/src/schemas)',
    async ({ name, schema }) => {
      await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`../../../docs/schemas/${name}.json`);
    },
  );

  it('are named by the documents themselves', () => {
    const report = inventReport();
    // Names of groups have a pattern of Unicode classes, which this reader takes for plain text.
    const run = { ...inventRun(), groups: [] };
    expect(readerOf(report.format).safeParse({ report, signature: 'A'.repeat(86) }).error).toBeUndefined();
    expect(readerOf(run.format).safeParse(run).error).toBeUndefined();
  });

  it('refuse what the program refuses', () => {
    const run = { ...inventRun(), groups: [] };
    expect(readerOf(run.format).safeParse(run).success).toBe(true);
    const { journal: _, ...rest } = run;
    for (const wrong of [rest, { ...run, more: 1 }, { ...run, journal: { head: 'x', records: 1 } }]) {
      expect(readerOf(run.format).safeParse(wrong).success).toBe(false);
    }
  });

  it('let a run file leave out what has a default', () => {
    const text = {
      ...{ name: 'x', model: { family: 'attention-aml', classes: ['a', 'b'] } },
      data: { kind: 'expression-table', label: 'y', files: { features: 'x.csv' } },
      training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } },
    };
    expect(runFile.safeParse(text).success).toBe(true);
    expect(readerOf('run-file').safeParse(text).error).toBeUndefined();
    expect(readerOf('run-file').safeParse({ ...text, rounds: 1 }).success).toBe(false);
  });
});
