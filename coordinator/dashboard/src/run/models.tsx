import type { LiveRun } from '@consilium/coordinator/api';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Chip } from '../parts/chip.js';
import { Absent, Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { useSteps } from './records.js';

const result = { label: 'result', tone: 'good', meaning: 'The model that the run gives out, so far.' } as const;
const shortHash = 12;

/** Every global model of a run, and of which updates each was made. */
export function Models({ view }: { readonly view: LiveRun }) {
  const { value: steps, fault } = useSteps(view);
  if (fault !== null) return <Notice error={fault} />;
  if (steps === null) return <Skeleton />;
  const made = steps.filter(({ model }) => model !== null);
  if (made.length === 0) return <Absent>No model was made yet.</Absent>;
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
        rows={made.toReversed().map(({ step, model, accepted, doneMs }) => ({
          key: step,
          cells: [
            <code key="step">{step}</code>,
            <span key="model" className="hash">
              <Hash of={model ?? ''} /> {model === view.model ? <Chip word={result} /> : null}
            </span>,
            accepted.length === 0 ? (
              <span key="made" className="quiet">
                the contract’s seed, or what came before
              </span>
            ) : (
              <details key="made">
                <summary>{format.count(accepted.length)} updates</summary>
                {accepted.map(({ site, hash }) => (
                  <div key={site} className="small">
                    {site} <Hash of={hash} />
                  </div>
                ))}
              </details>
            ),
            format.count(accepted.reduce((sum, { samples }) => sum + samples, 0)),
            doneMs === null ? '–' : format.moment(new Date(doneMs).toISOString()),
          ],
        }))}
      />
    </Card>
  );
}

/** A hash in short; in full on hover and for those who copy it from there. */
export const Hash = ({ of }: { readonly of: string }) => (
  <code title={of} className="hash">
    {of.slice(0, shortHash)}
  </code>
);
