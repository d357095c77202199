import type { LiveRun } from '@consilium/coordinator/api';
import type { ReactNode } from 'react';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';

/** What identifies a run, for a record outside of this page. */
export function Facts({ view }: { readonly view: LiveRun }) {
  const facts: readonly (readonly [string, string])[] = [
    ['Run', view.run],
    ['Contract', view.contract],
    ['Model', view.model ?? 'none yet'],
    ...(view.frozen === null ? [] : [['Not trained by the last stage', view.frozen] as const]),
    ['Preparation', view.preparation ?? 'none yet'],
    ['Journal head', view.journalHead],
  ];
  return (
    <Card title="Record">
      <dl className="facts">
        {facts.map(([name, value]) => (
          <Fact key={name} name={name}>
            <code>{value}</code>
          </Fact>
        ))}
        <Fact name="Journal">{format.count(view.journalLength)} records</Fact>
        <Fact name="Model family">
          {view.family}; classes {view.classes.join(', ')}
        </Fact>
        <Fact name="Begun">{format.moment(view.created)}</Fact>
        <Fact name="Changed">{format.moment(view.updated)}</Fact>
      </dl>
    </Card>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);
