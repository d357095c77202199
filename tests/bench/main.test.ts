import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.mjs', import.meta.url));

describe('bench command', () => {
  it.each([[['aggregation', 'nope', '../main']], [['main']], [['aggregation.fold']], [[]]])(
    '%j lists the known benches',
    (names) => {
      const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...names], { encoding: 'utf8' });
      expect(status).toBe(2);
      expect(stderr).toMatch(/Known benches: .*aggregation/);
      expect(stderr).not.toMatch(/Known benches: .*(?:main|\.)\w/);
      expect(stdout).toBe('');
    },
  );
});
