import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (name: string) => ({
  find: new RegExp(`^@consilium/${name}/(.+)$`),
  replacement: fileURLToPath(new URL(`./${name}/src/$1`, import.meta.url)),
});

const primitives = {
  find: '#primitives',
  replacement: fileURLToPath(new URL('./shared/src/crypto/primitives/node.ts', import.meta.url)),
};

const rooms = ['shared', 'models', 'coordinator', 'site-agent'];

export default defineConfig({
  resolve: { alias: [...rooms.map(source), primitives] },
  test: {
    maxWorkers: '100%',
    projects: [
      ...rooms.map((name) => ({
        extends: true as const,
        test: {
          name,
          include: [`${name}/{src,dashboard}/**/*.test.ts`],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      })),
      {
        extends: true as const,
        test: {
          name: 'tests',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Each file starts processes of its own for a whole consortium; after the others, so that as few as can be wait for a processor.
        extends: true as const,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
