import type { LiveRun } from '@consilium/coordinator/api';
import type { StepView } from '@consilium/coordinator/conduct';
import { useState } from 'react';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Chip } from '../parts/chip.js';
import { Absent, Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { useSteps } from './steps.js';

const result = { label: 'result', tone: 'good', meaning: 'The model that the run gives out, so far.' } as const;
const shortHash = 12;

/** So many of the newest steps are shown at first, and each time that more are asked for. */
const portion = 100;

/** The global models of a run, and of which updates each was made. */
export function Models({ view }: { readonly view: LiveRun }) {
  const [wanted, setWanted] = useState(portion);
  const { value: tail, fault } = useSteps(view, wanted);
  if (tail === null) return fault === null ? <Skeleton /> : <Notice error={fault} />;
  const made = tail.items.filter(({ model }) => model !== null);
  if (made.length === 0 && tail.from === 0) return <Absent>No model was made yet.</Absent>;
  return (
    <Card
      title="Lineage"
      text="A model is named by the SHA-256 of its bytes; so is each update that it was made of. The newest stands first."
    >
      <Table
        label="Models of the run"
        stack
        columns={[
          { title: 'Step' },
          { title: 'Model' },
          { title: 'Made of' },
          { title: 'Samples', number: true },
          { title: 'When' },
        ]}
        rows={made.toReversed().map(({ step, kind, model, asked, accepted, done, sites }) => ({
          key: step,
          cells: [
            <code key="step">{step}</code>,
            <span key="model" className="hash">
              <Hash of={model ?? ''} /> {model === view.model ? <Chip word={result} /> : null}
            </span>,
            kind !== 'train' ? (
              <span key="made" className="quiet">
                the contract’s seed, or what came before
              </span>
            ) : (
              <Updates key="made" count={accepted} sites={sites} />
            ),
            kind !== 'train' || sites.length < asked
              ? '–'
              : format.count(sites.reduce((sum, { samples }) => sum + (samples ?? 0), 0)),
            done === null ? '–' : format.moment(done),
          ],
        }))}
      />
      {tail.from === 0 ? null : (
        <p className="chart-foot">
          <button type="button" className="link-button" onClick={() => setWanted(wanted + portion)}>
            Show earlier models
          </button>
        </p>
      )}
    </Card>
  );
}

/** The updates that a model was made of; by name and hash those that the reader may see. */
function Updates({ count, sites }: { readonly count: number; readonly sites: StepView['sites'] }) {
  const seen = sites.flatMap(({ site, hash }) => (hash === null ? [] : [{ site, hash }]));
  const text = `${format.count(count)} updates`;
  if (seen.length === 0) return <span>{text}</span>;
  return (
    <details>
      <summary>{text}</summary>
      {seen.map(({ site, hash }) => (
        <div key={site} className="small">
          {site} <Hash of={hash} />
        </div>
      ))}
    </details>
  );
}

/** A hash in short; in full on hover and for those who copy it from there. */
export const Hash = ({ of }: { readonly of: string }) => (
  <code title={of} className="hash">
    {of.slice(0, shortHash)}
  </code>
);
