import type { LiveRun } from '@consilium/coordinator/api';
import { scoreWords } from '@consilium/shared/words';
import { format } from '../locale.js';
import { roundText } from '../overview/run-list.js';
import { Card, Tile } from '../parts/card.js';
import { Track } from '../parts/chip.js';
import { Facts } from './facts.js';
import { LiveStrip } from './live-strip.js';
import { useNewestSteps } from './records.js';
import { Rule } from './rule.js';

/** How a run fares at this moment. */
export function Now({ view, atMs }: { readonly view: LiveRun; readonly atMs: number }) {
  const steps = useNewestSteps(view);
  return (
    <>
      <Tiles view={view} />
      <Card
        title={view.phase === 'closed' ? 'The sites at the end' : 'The step, site by site'}
        tools={<code className="quiet small">{view.step ?? 'between steps'}</code>}
      >
        <Rule view={view} />
        <LiveStrip view={view} atMs={atMs} steps={steps.value ?? []} />
      </Card>
      <Facts view={view} />
    </>
  );
}

/** Figures at the top of a run; none of a run whose figures mean less than they seem to. */
const headlines = ['accuracy', 'balancedAccuracy', 'auc'] as const;

function Tiles({ view }: { readonly view: LiveRun }) {
  const judged = view.latest;
  const done = Math.min(view.index + 1, view.steps);
  const share = view.coverage.sampleShare;
  const of =
    judged === null
      ? 'no round judged yet'
      : judged.round === null
        ? 'final test, all sites'
        : `validation, round ${format.count(judged.round)}`;
  return (
    <div className="tiles">
      <Tile title="Step" value={view.step ?? '–'} note={`${format.count(done)} of ${format.count(view.steps)}`}>
        <Track share={done / view.steps} label="Steps done" />
      </Tile>
      <Tile
        title="Round"
        value={roundText(view)}
        note={view.bestRound === null ? 'none chosen yet' : `best so far: ${format.count(view.bestRound)}`}
      />
      {(view.caveat === null ? headlines : []).map((name) => (
        <Tile key={name} title={scoreWords[name].label} value={format.score(judged?.pooled[name])} note={of} />
      ))}
      <Tile
        title="Samples behind a round"
        value={share === null ? '–' : format.percent(share.mean)}
        note={share === null ? 'no round yet' : `on average; at least ${format.percent(share.least)}`}
      />
    </div>
  );
}
