import type { LiveRun } from '@consilium/coordinator/api';
import { useState } from 'react';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { ChainChip, WholeCheck } from './chain-check.js';
import { Hash } from './models.js';
import { type Sealed, sayingOf, useRecords } from './records.js';

/** So many records are shown at first, and each time that more are asked for. */
const portion = 100;

/** The run's journal, the newest records first, and whether its chain holds. */
export function Journal({ view }: { readonly view: LiveRun }) {
  const [wanted, setWanted] = useState(portion);
  const { value: tail, fault, broken } = useRecords(view, wanted);
  if (tail === null) return fault === null ? <Skeleton /> : <Notice error={fault} />;
  return (
    <Card
      title="Journal"
      text="Everything that happened to the run, each record bound to the one before by its hash. The coordinator has checked the signatures of those shown, this browser their chain."
      tools={<ChainChip view={view} tail={tail} />}
    >
      {broken === null ? null : <Notice error={broken} bad />}
      <Table
        label="Records"
        stack
        columns={[{ title: 'No.', number: true }, { title: 'When' }, { title: 'What' }, { title: 'Hash' }]}
        rows={tail.items.toReversed().map((record) => ({
          key: record.hash,
          cells: [
            format.count(record.sequence),
            format.moment(record.time),
            <span key="what">{saying(record)}</span>,
            <Hash key="hash" of={record.hash} />,
          ],
        }))}
      />
      <p className="chart-foot">
        {tail.from === 0 ? null : (
          <button type="button" className="link-button" onClick={() => setWanted(wanted + portion)}>
            Show {format.count(Math.min(portion, tail.from))} more of {format.count(tail.total)}
          </button>
        )}
        {tail.from === 0 ? null : <WholeCheck view={view} />}
        <a href={`api/runs/${view.run}/journal`} download={`${view.name}-journal.jsonl`}>
          Download the journal
        </a>
      </p>
    </Card>
  );
}

/** A record in a few words. */
function saying(sealed: Sealed): string {
  const record = sayingOf(sealed);
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
    case 'site-joined':
      return `${record.step}: ${record.site} joined`;
    case 'site-rekeyed':
      return `${record.step}: ${record.site} has a new key`;
    case 'key-changed':
      return 'the coordinator has a new key';
    case 'site-returned':
      return `${record.step}: ${record.site} is back`;
    case 'step-folding':
      return record.unmet === undefined
        ? `${record.step} has all that it needs`
        : `${record.step} goes on with less than the contract asks for (${record.unmet.map(({ code }) => code).join(', ')})`;
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
