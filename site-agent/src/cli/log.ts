import { Writable } from 'node:stream';
import { explain, fromWire } from '@consilium/shared/errors';
import { printable } from '@consilium/shared/terminal';
import pino, { type Logger } from 'pino';
import { z } from 'zod';

/** The agent's log: one JSON line an event, or lines for a person where one watches. */
export function createLog(interactive: boolean): Logger {
  const base = {
    level: process.env.CONSILIUM_LOG ?? 'info',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return interactive ? pino(base, readable()) : pino(base, pino.destination({ dest: 1, sync: true }));
}

const line = z.looseObject({ time: z.string(), level: z.number(), msg: z.string().default('') });
const fault = z.object({ code: z.string(), details: z.record(z.string(), z.union([z.string(), z.number()])) });
const levels: Readonly<Record<number, string>> = { 40: 'WARN ', 50: 'ERROR ' };
const hidden = new Set(['time', 'level', 'msg', 'code', 'details', 'err']);

/** `10:04:12 training  step train:0:3`; a coded fault with its remedy. */
function readable(): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      process.stdout.write(`${readableLine(chunk.toString('utf8'))}\n`);
      done();
    },
  });
}

/** A JSON line of the log as a person reads it. What others told in it must not move the cursor. */
export function readableLine(json: string): string {
  const event = line.parse(JSON.parse(json));
  const coded = fault.safeParse(event);
  const said = printable(event.msg);
  const text = coded.success ? `${said}\n${explain(fromWire(coded.data))}` : said;
  const facts = Object.entries(event)
    .filter(([name, value]) => !hidden.has(name) && value !== null)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value.slice(0, 64) : JSON.stringify(value)}`);
  const time = new Date(event.time).toTimeString().slice(0, 8);
  return `${time} ${levels[event.level] ?? ''}${[text, ...facts.map(printable)].join('  ')}`;
}
