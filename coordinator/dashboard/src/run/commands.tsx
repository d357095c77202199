import type { LiveRun } from '@consilium/coordinator/api';
import type { ReactNode } from 'react';
import { command } from '../lead/command.js';
import { Deed } from '../lead/deed.js';
import { DeedButton } from '../lead/deed-button.js';
import { useMe } from '../session.js';
import { Extension } from './extension.js';

/** A command of the lead, in the words of the page. */
interface Command {
  readonly word: 'next' | 'pause' | 'resume' | 'stop';
  readonly label: string;
  readonly title: string;
  readonly meaning: ReactNode;
}

const next: Command = {
  word: 'next',
  label: 'Next round',
  title: 'Begin the next round',
  meaning: 'This run waits for the lead before each round.',
};
const pause: Command = {
  word: 'pause',
  label: 'Pause',
  title: 'Pause the run',
  meaning: 'Sites finish what they are at and then wait. Nothing is lost; waiting does not count against any limit.',
};
const resume: Command = {
  word: 'resume',
  label: 'Resume',
  title: 'Resume the run',
  meaning: 'The run goes on where it stands, with the sites that are there.',
};
const stop: Command = {
  word: 'stop',
  label: 'End',
  title: 'End the run',
  meaning:
    'The run ends now and counts as failed. Its journal and the models made so far are kept; it cannot be taken up again.',
};

/** What the lead may tell a run that has not ended. */
export function Commands({ view }: { readonly view: LiveRun }) {
  const me = useMe();
  const onward = { lead: [resume], stepwise: [next], participation: [], none: [pause] }[view.pausedBy ?? 'none'];
  return (
    <span className="deeds">
      <DeedButton label="Extend">{(close) => <Extension view={view} close={close} />}</DeedButton>
      {[...onward, stop].map(({ word, label, title, meaning }) => (
        <DeedButton key={word} label={label}>
          {(close) => (
            <Deed
              title={title}
              phrase={`${word} ${view.name}`}
              close={close}
              act={async (lead) => {
                await command({ lead, me }, `api/runs/${view.run}/command`, { command: word });
                return null;
              }}
            >
              <p>{meaning}</p>
            </Deed>
          )}
        </DeedButton>
      ))}
    </span>
  );
}
