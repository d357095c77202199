import type { CommandContext } from '../cli/context.js';

/** A terminal at which nobody sits: what a command prints goes into the list. */
export const quietContext = (printed: string[], changes: Partial<CommandContext> = {}): CommandContext => ({
  env: {},
  now: () => new Date('2026-06-01T00:00:00Z'),
  interactive: false,
  secret: () => Promise.reject(new Error('nobody is asked')),
  print: (line) => void printed.push(line),
  signal: new AbortController().signal,
  ...changes,
});
