import type { LiveRun } from '@consilium/coordinator/api';
import canonicalize from 'canonicalize';
import { useEffect, useState } from 'react';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Chip } from '../parts/chip.js';
import { Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import type { RunEntry } from './history.js';
import { Hash } from './models.js';
import { useJournal } from './records.js';
import { type ChainState, chainState, digest } from './verify-chain.js';

const pageRecords = 100;

/** The run's journal, the newest records first, and whether its chain is whole. */
export function Journal({ view }: { readonly view: LiveRun }) {
  const { value: entries, fault } = useJournal(view);
  const [shown, setShown] = useState(pageRecords);
  if (fault !== null && entries === null) return <Notice error={fault} />;
  if (entries === null) return <Skeleton />;
  const newest = entries.toReversed().slice(0, shown);
  return (
    <Card
      title="Journal"
      text="Everything that happened to the run, each record bound to the one before by its hash. This browser has checked the chain itself."
      tools={<Verified entries={entries} />}
    >
      <Table
        label="Records"
        stack
        columns={[{ title: 'No.', number: true }, { title: 'When' }, { title: 'What' }, { title: 'Hash' }]}
        rows={newest.map((entry) => ({
          key: entry.hash,
          cells: [
            format.count(entry.sequence),
            format.moment(entry.time),
            <span key="what">{saying(entry)}</span>,
            <Hash key="hash" of={entry.hash} />,
          ],
        }))}
      />
      <p className="chart-foot">
        {shown < entries.length ? (
          <button type="button" className="link-button" onClick={() => setShown(shown + pageRecords)}>
            Show {format.count(Math.min(pageRecords, entries.length - shown))} more of {format.count(entries.length)}
          </button>
        ) : (
          <a href={`api/runs/${view.run}/journal`} download={`${view.name}-journal.jsonl`}>
            Download the journal
          </a>
        )}
      </p>
    </Card>
  );
}

const stateWord = (state: ChainState | null) => {
  switch (state?.kind) {
    case undefined:
      return { label: 'being checked', tone: 'quiet', meaning: 'Hashes are being worked out.' } as const;
    case 'whole':
      return {
        label: 'chain whole',
        tone: 'good',
        meaning: `All ${state.records} records bear their own hash and that of the one before.`,
      } as const;
    case 'broken':
      return {
        label: `broken at record ${state.sequence}`,
        tone: 'bad',
        meaning: 'Its hash or its link to the one before is wrong. Export the run and verify it.',
      } as const;
    case 'unchecked':
      return {
        label: 'not checked',
        tone: 'warn',
        meaning: 'A page that came without TLS cannot work out hashes. Use `consilium journal`.',
      } as const;
    default:
      return state satisfies never;
  }
};

function Verified({ entries }: { readonly entries: readonly RunEntry[] }) {
  const [state, setState] = useState<ChainState | null>(null);
  useEffect(() => {
    let gone = false;
    const head = entries.at(-1)?.hash ?? '';
    const serialise = (value: unknown): string => canonicalize(value) ?? '';
    void chainState(entries, head, serialise, digest).then((found) => {
      if (!gone) setState(found);
    });
    return () => {
      gone = true;
    };
  }, [entries]);
  return <Chip word={stateWord(state)} />;
}

/** A record in a few words. */
function saying({ record }: RunEntry): string {
  switch (record.type) {
    case 'offered':
      return `offered to ${format.count(record.sites.length)} sites`;
    case 'step-opened':
      return `${record.step} opened`;
    case 'contribution-accepted':
      return `${record.step}: contribution of ${record.site} accepted, ${format.bytes(record.contribution.manifest.bytes)}`;
    case 'contribution-refused':
      return `${record.step}: contribution of ${record.site} refused (${record.error.code})`;
    case 'site-left':
      return `${record.step}: without ${record.site} (${record.error.code})${record.excused ? ', by the contract' : ''}`;
    case 'site-returned':
      return `${record.step}: ${record.site} is back`;
    case 'step-folding':
      return `${record.step} has all that it needs`;
    case 'step-done':
      return `${record.step} done`;
    case 'extended':
      return `extended by the lead: ${format.count(record.rounds)} rounds, until ${format.moment(record.notAfter)}`;
    case 'paused':
      return `paused: ${record.by}${record.error === null ? '' : ` (${record.error.code})`}`;
    case 'resumed':
      return 'resumed';
    case 'closed':
      return `closed: ${record.outcome}`;
    default:
      return record satisfies never;
  }
}
