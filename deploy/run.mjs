// `npm run demo`, `npm test`, `npm run build`, `npm run bench`: each makes the checkout ready first.
import { join } from 'node:path';
import { local, ready, root, run } from './ready.mjs';

const [task, ...rest] = process.argv.slice(2);
const tasks = {
  build: () => {},
  test: () => {
    run(local('biome'), ['check', '--error-on-warnings']);
    run(local('vitest'), ['run', ...rest]);
  },
  demo: () => run(process.execPath, [join(root, 'deploy', 'demo.mjs'), ...rest]),
  bench: () => run(process.execPath, [join(root, 'tests', 'bench', 'main.mjs'), ...rest]),
};

if (!Object.hasOwn(tasks, task)) {
  console.error(`Unknown task "${task}". Known: ${Object.keys(tasks).join(', ')}.`);
  process.exit(2);
}
ready();
tasks[task]();
