import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Problem, pathText, problemsOf } from './problems.js';

/** A settings file is a page or two; anything near this is not one. */
const maxCharacters = 1_000_000;

/** Throws the caller's coded error: line from 1, the setting's path, the problem in plain words. */
export type Refuse = (line: number, path: string, problem: string) => never;

/**
 * Reads a settings file: YAML text, checked against a schema, defaults filled in.
 * Of several faults the first by line is named and the others are counted.
 */
export function readYaml<Schema extends z.ZodType>(text: string, schema: Schema, refuse: Refuse): z.output<Schema> {
  if (text.length > maxCharacters) refuse(1, 'the whole file', 'it is far too long');
  const lines = new LineCounter();
  const { document, value } = parse(text, lines, refuse);
  const result = schema.safeParse(value);
  if (result.success) return result.data;

  const [first, ...others] = problemsOf(result.error.issues, { value, schema })
    .map((problem) => ({ ...problem, line: lineOf(document, problem.path, lines) }))
    .sort((a, b) => a.line - b.line);
  const more =
    others.length === 0 ? '' : ` (and ${others.length} more ${others.length === 1 ? 'problem' : 'problems'})`;
  return refuse(first?.line ?? 1, pathText(first?.path ?? []), `${first?.text ?? 'it is not valid'}${more}`);
}

/** Text to a tree. The parser recurses: a text of brackets nested beyond the stack is a syntax fault like any other. */
function parse(text: string, lines: LineCounter, refuse: Refuse): { document: Document.Parsed; value: unknown } {
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
      logLevel: 'silent',
    });
    const fault = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0];
    if (fault) return refuse(lineAt(lines, fault.pos[0]), 'the YAML text', sentence(fault.message));
    return { document, value: document.toJS() };
  } catch (thrown) {
    if (thrown instanceof RangeError) return refuse(1, 'the YAML text', 'it is nested too deeply');
    // A reference without its anchor, or one that multiplies itself.
    if (thrown instanceof ReferenceError) return refuse(1, 'the YAML text', sentence(thrown.message));
    throw thrown;
  }
}

/** Line (from 1) of the setting at a path, or of its nearest ancestor that the text holds. */
function lineOf(document: Document.Parsed, path: Problem['path'], lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return lineAt(lines, offset);
}

const lineAt = (lines: LineCounter, offset: number): number => Math.max(1, lines.linePos(offset).line);

const sentence = (message: string): string => message.split('\n', 1)[0]!.replace(/[.:]\s*$/, '');
