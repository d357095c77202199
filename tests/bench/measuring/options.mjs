import { parseArgs } from 'node:util';

/**
 * Reads what was asked of a bench behind the second `--`. Words that nobody knows end the process with the usage.
 * @param {string[]} words
 * @param {{ options: object, usage: string, read: (values: Record<string, unknown>) => T }} bench options as of `parseArgs`; `read`
 *   makes of their values what the bench goes by, and throws at those that are none
 * @returns {T}
 * @template T
 */
export function readOptions(words, { options, usage, read }) {
  try {
    return read(parseArgs({ args: words, options }).values);
  } catch (thrown) {
    console.error(`${thrown.message}\n${usage}`);
    process.exit(2);
  }
}

export const notKnown = (word) => new TypeError(`"${word}" is not known here.`);
