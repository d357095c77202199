import type { LiveRun } from '@consilium/coordinator/api';
import canonicalize from 'canonicalize';
import { useEffect, useRef, useState } from 'react';
import { faultOf } from '../call.js';
import { format } from '../locale.js';
import { Chip } from '../parts/chip.js';
import { fetchRecords, pageRecords, type Sealed } from './records.js';
import type { Tail } from './tail.js';
import { chainStart, digest, followChain, type Link } from './verify-chain.js';

/** What a look at a chain has found so far. */
type Found =
  | { readonly kind: 'looking'; readonly records: number }
  | { readonly kind: 'holds'; readonly records: number }
  | { readonly kind: 'broken'; readonly sequence: number }
  /** This browser gives a page that came without TLS no SHA-256. */
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'unreached'; readonly why: string };

const canonical = (value: unknown): string => canonicalize(value) ?? '';

/** The newest record must be the head that the coordinator names, unless one has come since. */
const isHead = ({ journalLength, journalHead }: LiveRun, { sequence, previous }: Link): boolean =>
  sequence !== journalLength || previous === journalHead;

/** Whether the records that are shown hold together. */
export function ChainChip({ view, tail }: { readonly view: LiveRun; readonly tail: Tail<Sealed> }) {
  const [found, setFound] = useState<Found>({ kind: 'looking', records: 0 });
  const newest = useRef(view);
  newest.current = view;
  useEffect(() => {
    let gone = false;
    void look(newest.current, tail).then((state) => {
      if (!gone) setFound(state);
    });
    return () => {
      gone = true;
    };
  }, [tail]);
  return <Chip word={wordOf(found, tail.from === 0)} />;
}

async function look(view: LiveRun, { from, items }: Tail<Sealed>): Promise<Found> {
  if (digest === null) return { kind: 'unchecked' };
  const start = from === 0 ? chainStart : { sequence: from, previous: items[0]?.previous ?? null };
  const end = await followChain(view.run, items, start, canonical, digest);
  if ('brokenAt' in end) return { kind: 'broken', sequence: end.brokenAt };
  if (!isHead(view, end)) return { kind: 'broken', sequence: end.sequence - 1 };
  return { kind: 'holds', records: items.length };
}

/** Checks a journal from its first record to its newest, and keeps none of it. */
export function WholeCheck({ view }: { readonly view: LiveRun }) {
  const [found, setFound] = useState<Found | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const begin = (): void => {
    stop.current?.abort();
    const now = new AbortController();
    stop.current = now;
    const { signal } = now;
    const show = (state: Found): void => {
      if (!signal.aborted) setFound(state);
    };
    walk(view, show, signal).catch((thrown: unknown) => show({ kind: 'unreached', why: faultOf(thrown).message }));
  };
  if (found !== null) return <Chip word={wordOf(found, true)} />;
  return (
    <button type="button" className="link-button" onClick={begin}>
      Check all {format.count(view.journalLength)}
    </button>
  );
}

async function walk(view: LiveRun, show: (found: Found) => void, signal: AbortSignal): Promise<void> {
  if (digest === null) return show({ kind: 'unchecked' });
  let link = chainStart;
  for (let more = true; more; ) {
    const page = await fetchRecords(view.run, link.sequence, pageRecords, signal);
    const end = await followChain(view.run, page.records, link, canonical, digest);
    if ('brokenAt' in end) return show({ kind: 'broken', sequence: end.brokenAt });
    if (page.fault !== null) return show({ kind: 'broken', sequence: link.sequence });
    link = end;
    more = page.more;
    show({ kind: 'looking', records: link.sequence });
  }
  show(
    isHead(view, link) ? { kind: 'holds', records: link.sequence } : { kind: 'broken', sequence: link.sequence - 1 },
  );
}

function wordOf(found: Found, isWhole: boolean) {
  switch (found.kind) {
    case 'looking':
      return {
        label: found.records === 0 ? 'being checked' : `${format.count(found.records)} checked`,
        tone: 'quiet',
        meaning: 'Hashes are being worked out.',
      } as const;
    case 'holds':
      return {
        label: isWhole ? 'chain whole' : `newest ${format.count(found.records)} hold`,
        tone: 'good',
        meaning: `${isWhole ? 'All' : 'The newest'} ${format.count(found.records)} records bear their own hash and that of the one before.`,
      } as const;
    case 'broken':
      return {
        label: `broken at record ${format.count(found.sequence)}`,
        tone: 'bad',
        meaning: 'Its hash, its link to the one before or its signature is wrong. Export the run and verify it.',
      } as const;
    case 'unchecked':
      return {
        label: 'not checked',
        tone: 'warn',
        meaning: 'A page that came without TLS cannot work out hashes. Use `consilium journal`.',
      } as const;
    case 'unreached':
      return { label: 'not checked', tone: 'warn', meaning: found.why } as const;
    default:
      return found satisfies never;
  }
}
