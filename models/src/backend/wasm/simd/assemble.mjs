// Assembles every .wat file of this folder into modules.ts: `node assemble.mjs`, after a change of one.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import wabt from 'wabt';

const at = (name) => new URL(name, import.meta.url);
const { parseWat } = await wabt();
const names = (await readdir(at('.'))).filter((name) => name.endsWith('.wat')).sort();
const entries = [];
for (const name of names) {
  const module = parseWat(name, await readFile(at(name), 'utf8'), { simd: true });
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  const lines = base64.match(/.{1,110}/g).map((line) => `    '${line}',`);
  const key = name.replace('.wat', '').replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
  entries.push(`  ${key}: [\n${lines.join('\n')}\n  ].join(''),`);
}
await writeFile(
  at('modules.ts'),
  `// Made by assemble.mjs from the .wat files; a test compares the two.\n\n/** The WebAssembly modules of this folder, in base64. */\nexport const modules = {\n${entries.join('\n')}\n} as const;\n`,
);
