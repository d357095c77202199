import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allShapes, openApiDocument } from './openapi.js';
import { openStage, refusalOf } from './testing/stage.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

it('docs/openapi.json is what the schemas say (renew it: npx vitest run -u --project coordinator coordinator/src/api/openapi.test.ts)', async () => {
  const text = `${JSON.stringify(openApiDocument(version), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../../docs/openapi.json');
});

it('every call that is answered is described, under a name of its own', async () => {
  const stage = await openStage();
  const { paths } = JSON.parse(await (await fetch(`${stage.url}/api/openapi.json`)).text());
  const operations = Object.values<Record<string, { operationId: string }>>(paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(operations).toHaveLength(allShapes().length);
  expect(new Set(operations).size).toBe(operations.length);
  for (const shape of allShapes()) {
    const path = shape.path.replaceAll('{run}', '0'.repeat(32)).replaceAll('{site}', 'x');
    const response = await fetch(stage.url + path, { method: shape.method });
    const { code } = await refusalOf(response);
    expect(code, `${shape.method} ${shape.path}`).not.toBe('CSM-API-NOT-FOUND');
  }
  await stage.close();
});

it('every reference leads somewhere', () => {
  const document = openApiDocument(version);
  const text = JSON.stringify(document);
  const known = Object.keys(JSON.parse(text).components.schemas);
  for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"/]+)"/g))
    expect(known).toContain(name);
  expect(text).not.toMatch(/"\$ref":"(?!#\/components)/);
});
