import type { LiveRun } from '@consilium/coordinator/api';
import type { StepView } from '@consilium/coordinator/conduct';
import { timedSteps } from '@consilium/coordinator/following';
import { scoreWords } from '@consilium/shared/words';
import { useMemo } from 'react';
import { format } from '../locale.js';
import { roundText } from '../overview/run-list.js';
import { Card, Tile } from '../parts/card.js';
import { Track } from '../parts/chip.js';
import { useNowMs } from '../use.js';
import { Facts } from './facts.js';
import { LiveStrip } from './live-strip.js';
import { Rule } from './rule.js';
import { useSteps } from './steps.js';
import { timeLeft } from './time-left.js';

const none: readonly StepView[] = [];
/** So many steps tell how long the next ones take. */
const recentSteps = 40;

/** How a run fares at this moment. */
export function Now({ view, atMs }: { readonly view: LiveRun; readonly atMs: number }) {
  const { value: tail } = useSteps(view, recentSteps);
  const steps = tail?.items ?? none;
  const timed = useMemo(() => timedSteps(steps), [steps]);
  return (
    <>
      <Tiles view={view} steps={steps} />
      <Card
        title={view.phase === 'closed' ? 'The sites at the end' : 'The step, site by site'}
        tools={<code className="quiet small">{view.step ?? 'between steps'}</code>}
      >
        <Rule view={view} />
        <LiveStrip view={view} atMs={atMs} steps={timed} />
      </Card>
      <Facts view={view} />
    </>
  );
}

/** Figures at the top of a run; none of a run whose figures mean less than they seem to. */
const headlines = ['accuracy', 'balancedAccuracy', 'auc'] as const;

function Tiles({ view, steps }: { readonly view: LiveRun; readonly steps: readonly StepView[] }) {
  const left = timeLeft(view, steps, useNowMs());
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
      {left === null ? null : <Tile title="Time left" value={format.span(left)} note="about, by the newest rounds" />}
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
