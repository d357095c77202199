import { errorTable } from './table/index.js';

export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** A text without its parts in square brackets, which are said only where all that they name is known. */
type Always<Text extends string> = Text extends `${infer Before}[${string}]${infer After}`
  ? Always<`${Before}${After}`>
  : Text;
type AtTimes<Text extends string> = Text extends `${string}[${infer Part}]${infer After}`
  ? Part | AtTimes<After>
  : never;

type Texts<Code extends ErrorCode> = (typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['remedy'];

/** The facts that an error's text needs, by its placeholders. Never a value from a patient's record. */
export type ErrorDetails<Code extends ErrorCode> = {
  readonly [Name in Placeholders<Always<Texts<Code>>>]: string | number;
} & { readonly [Name in Placeholders<AtTimes<Texts<Code>>>]?: string | number };

/** Every fact that an error's text may name. */
export type DetailName<Code extends ErrorCode> = Placeholders<Texts<Code>>;

type DetailsArgument<Code extends ErrorCode> =
  Record<never, never> extends ErrorDetails<Code>
    ? [details?: ErrorDetails<Code>, options?: ErrorOptions]
    : [details: ErrorDetails<Code>, options?: ErrorOptions];

/** A fault with a code from the table: what, where, and the remedy. Safe to show, to log and to send. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>> = {}, options?: ErrorOptions) {
    super(fill(errorTable[code].message, details), options);
    this.code = code;
    this.details = details;
  }

  get remedy(): string {
    return fill(errorTable[this.code].remedy, this.details);
  }
}

/** Makes the coded error of the table. */
export function coded<Code extends ErrorCode>(code: Code, ...[details, options]: DetailsArgument<Code>): CodedError {
  return new CodedError(code, details ?? {}, options);
}

/** Throws the coded error of the table. */
export function fail<Code extends ErrorCode>(code: Code, ...rest: DetailsArgument<Code>): never {
  throw coded(code, ...rest);
}

/** An error as it travels: its text is made again from the receiver's own table. */
export interface WireError {
  readonly code: string;
  readonly details: Readonly<Record<string, string | number>>;
}

export const toWire = (error: CodedError): WireError => ({ code: error.code, details: error.details });

/** Reads an error that the other side sent; an unknown code (a newer peer) becomes `CSM-PEER-ERROR`. */
export function fromWire(error: WireError): CodedError {
  return Object.hasOwn(errorTable, error.code)
    ? new CodedError(error.code as ErrorCode, error.details)
    : new CodedError('CSM-PEER-ERROR', { code: error.code });
}

/** Any thrown thing as a coded error: ours as it is, everything else as `CSM-INTERNAL` with the class of the fault only. */
export function asCoded(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  return new CodedError('CSM-INTERNAL', { kind }, { cause: thrown });
}

/** The text for a terminal: code, what happened, what to do. Facts that another side told must not move its cursor. */
export const explain = (error: CodedError): string =>
  `${error.code}: ${inOneLine(error.message)}\n  ${inOneLine(error.remedy)}`;

const inOneLine = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\ufffd');

/** Where in the program a fault came from, at most eight places; not its message, which may quote what was read. */
export function placesOf(thrown: Error): string {
  const head = String(thrown);
  const stack = thrown.stack ?? '';
  const places = (stack.startsWith(head) ? stack.slice(head.length) : stack).split('\n');
  return [thrown.name, ...places.filter((line) => /^\s+at /.test(line)).slice(0, 8)].join('\n');
}

/** A fact that did not come with the error, as where it stayed at a site, is said to be missing. */
function fill(text: string, details: Readonly<Record<string, string | number>>): string {
  const known = (part: string) => [...part.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => name in details);
  return text
    .replaceAll(/\[([^\]]*)\]/g, (_, part: string) => (known(part) ? part : ''))
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '(not told)'));
}
