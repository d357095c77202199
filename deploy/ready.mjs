// Makes a checkout ready: installs what the lock file names and builds what changed. Quick when nothing did.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = [20, 19];
const stamp = join(root, 'node_modules', '.stamp');

/** Runs a command in the checkout, shows its output, and ends this process with its status if it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
}

export const local = (name) => join(root, 'node_modules', '.bin', name);

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  console.error(`Consilium needs Node ${oldestNode.join('.')} or later; this is ${process.versions.node}.`);
  process.exit(1);
}

function install() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).update(process.version).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing dependencies …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  writeFileSync(stamp, wanted);
}

/** Bundles the page, when what it is made of has changed. */
function bundle() {
  const page = join(root, 'coordinator', 'dashboard');
  const shared = [join('shared', 'dist'), ...['following', 'lead'].map((room) => join('coordinator', 'dist', room))];
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const folder of [page, ...shared.map((path) => join(root, path))]) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
      hash.update(relative(root, path)).update('\0').update(readFileSync(path));
    }
  }
  const wanted = hash.digest('hex');
  const built = join(root, 'coordinator', 'dist', 'dashboard', '.stamp');
  if (existsSync(built) && readFileSync(built, 'utf8') === wanted) return;
  console.error('Bundling the page …');
  run(local('vite'), ['build', page], { stdio: ['ignore', process.stderr, process.stderr] });
  writeFileSync(built, wanted);
}

/** Installs and builds. */
export function ready() {
  checkNode();
  install();
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  bundle();
}
