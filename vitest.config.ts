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

const setupFiles = ['models/src/testing/unchosen.ts'];
// Where loading costs more than running, the files of a room share a process; what one leaves behind, the next must bear.
const rooms = [
  { name: 'shared', isolate: false },
  { name: 'models', isolate: false, setupFiles },
  { name: 'coordinator' },
  { name: 'site-agent', isolate: false, setupFiles },
];

export default defineConfig({
  resolve: { alias: [...rooms.map(({ name }) => source(name)), primitives] },
  test: {
    maxWorkers: '100%',
    projects: [
      ...rooms.map((room) => ({
        extends: true as const,
        test: {
          ...room,
          include: [`${room.name}/{src,dashboard}/**/*.test.ts`],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      })),
      {
        extends: true as const,
        test: {
          name: 'tests',
          isolate: false,
          setupFiles,
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        // Each file starts processes of its own for a whole consortium; after the others, so that as few as can be wait for a processor.
        extends: true as const,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
