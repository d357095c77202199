// Assembles kernels.wat into kernels-module.ts: `node assemble.mjs`, after a change of the .wat file.
import { readFile, writeFile } from 'node:fs/promises';
import wabt from 'wabt';

const at = (name) => new URL(name, import.meta.url);
const { parseWat } = await wabt();
const module = parseWat('kernels.wat', await readFile(at('kernels.wat'), 'utf8'), { simd: true });
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
const lines = base64.match(/.{1,110}/g).map((line) => `  '${line}',`);
await writeFile(
  at('kernels-module.ts'),
  `// Made by assemble.mjs from kernels.wat; a test compares the two.\n\n/** The WebAssembly module of kernels.wat, in base64. */\nexport const kernelsModule = [\n${lines.join('\n')}\n].join('');\n`,
);
