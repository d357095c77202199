import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const built = new URL('../../dist/backend/index.js', import.meta.url).href;

it('nothing computes before a backend is chosen', () => {
  const program = `import { tf } from ${JSON.stringify(built)}; tf.tensor1d([1]);`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/not yet been initialized/);
});
