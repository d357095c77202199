import { z } from 'zod';
import { didYouMean } from './spelling.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The tree that was checked, and what against. */
export interface Checked {
  readonly value: unknown;
  readonly schema: z.ZodType;
}

/** One fault of a settings file: where in the tree, and what is wrong in plain words. */
export interface Problem {
  readonly path: Path;
  readonly text: string;
}

/** What the schema found, in plain words, in the order that the schema found it. */
export function problemsOf(issues: readonly Issue[], checked: Checked): readonly Problem[] {
  return issues.flatMap((issue) => explainIssue(issue, issue.path, checked));
}

/** A path as a reader writes it: `data.transforms[0].log1p`. */
export function pathText(path: Path): string {
  if (path.length === 0) return 'the whole file';
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text === '' ? '' : `${text}.`}${String(part)}`),
    '',
  );
}

function explainIssue(issue: Issue, path: Path, checked: Checked): readonly Problem[] {
  const { value, schema } = checked;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => ({ path: [...path, key], text: `unknown setting${didYouMean(key, known)}` }));
    }
    case 'invalid_union':
      return explainUnion(issue, path, checked);
    case 'invalid_type':
      return [
        { path, text: valueAt(value, path) === undefined ? 'is missing' : `must be ${typeName(issue.expected)}` },
      ];
    case 'invalid_value':
      return [{ path, text: `must be ${oneOf(issue.values)}${suggestion(valueAt(value, path), issue.values)}` }];
    case 'too_small':
      return [{ path, text: bound(issue.origin, issue.minimum, issue.inclusive ? 'at least' : 'more than') }];
    case 'too_big':
      return [{ path, text: bound(issue.origin, issue.maximum, issue.inclusive ? 'at most' : 'less than') }];
    case 'not_multiple_of':
      return [{ path, text: `must be a multiple of ${issue.divisor}` }];
    case 'invalid_format':
      return [{ path, text: `must be ${issue.message}` }];
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.flatMap((inner) => explainIssue(inner, path, checked));
    case 'custom':
      return [{ path, text: issue.message }];
    default:
      return issue satisfies never;
  }
}

/** Of a union's branches, the one that the writer most probably meant speaks; where none stands out, all are offered. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  checked: Checked,
): readonly Problem[] {
  const found = valueAt(checked.value, path);
  if (found === undefined) return [{ path, text: 'is missing' }];
  if (issue.errors.length === 0) {
    const named = 'options' in issue && issue.options ? issue.options : [];
    const options = named.filter((option) => option !== undefined);
    return [
      { path, text: options.length > 0 ? `must be ${oneOf(options)}${suggestion(found, options)}` : 'is not valid' },
    ];
  }
  const branches = issue.errors.map((errors) => ({
    misfit: errors.filter((error) => isMisfit(error)).length,
    problems: errors.flatMap((error) => explainIssue(error, [...path, ...error.path], checked)),
  }));
  const least = Math.min(...branches.map(({ misfit }) => misfit));
  const likely = branches.filter(({ misfit }) => misfit === least);
  if (likely.length === 1) return likely[0]!.problems;
  const problems = likely.flatMap((branch) => branch.problems);
  const unknown = problems.find(({ text }) => text.startsWith('unknown setting'));
  if (unknown) return [unknown];
  const here = problems.filter((problem) => problem.path.length === path.length);
  const texts = [...new Set((here.length > 0 ? here : problems).map(({ text }) => text.replace(/^must be /, '')))];
  return [{ path, text: `must be ${texts.join(', or ')}` }];
}

/** A fault that says "this branch is not meant" rather than "this branch is meant and wrong inside". */
const isMisfit = (issue: Issue): boolean =>
  issue.code === 'unrecognized_keys' ||
  (issue.path.length === 0 && ['invalid_type', 'invalid_value'].includes(issue.code));

function typeName(expected: string): string {
  switch (expected) {
    case 'string':
      return 'text';
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'a block of settings';
    default:
      return expected;
  }
}

function bound(origin: string, limit: number | bigint, comparison: string): string {
  if (origin === 'string') return `must have ${comparison} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `must have ${comparison} ${limit} entries`;
  return `must be ${comparison} ${limit}`;
}

const oneOf = (values: readonly unknown[]): string => values.map(String).join(' or ');

const suggestion = (found: unknown, values: readonly unknown[]): string =>
  typeof found === 'string' && values.length > 1 ? didYouMean(found, values.map(String)) : '';

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, part) ? Reflect.get(at, part) : undefined,
    value,
  );
}

/** Settings that the schema knows at a place, over all branches of a union. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let nodes = branchesOf(z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' }));
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      const child = typeof part === 'number' ? node.items : node.properties?.[String(part)];
      return typeof child === 'object' && !Array.isArray(child) ? branchesOf(child) : [];
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function branchesOf(node: JsonSchema): readonly JsonSchema[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...inner.flatMap((branch) => (typeof branch === 'object' ? branchesOf(branch) : []))];
}
