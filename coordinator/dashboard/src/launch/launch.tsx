import type { MemberView, postCheck } from '@consilium/coordinator/api';
import type { RunSummary } from '@consilium/coordinator/conduct';
import type { SignedContract } from '@consilium/shared/contract';
import { yamlText } from '@consilium/shared/yaml';
import { type ChangeEvent, useMemo, useState } from 'react';
import type { z } from 'zod';
import { get, post } from '../call.js';
import { DeedButton } from '../lead/deed-button.js';
import { Card } from '../parts/card.js';
import { Pick } from '../parts/choice.js';
import { Notice } from '../parts/notice.js';
import { useFetched } from '../use.js';
import { draftOf, runFileAmong } from './draft.js';
import { SignLaunch } from './sign-launch.js';
import { TakingPart } from './taking-part.js';

/** What stands in the form: the run file's text, and the files that it names by name. */
interface Form {
  readonly name: string;
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
}

const empty: Form = { name: 'run.yaml', text: '', files: {} };
const blank = '';

/** Where the lead starts a run: the run file, what models and sites say to it, and the signature. */
export function Launch({
  runs,
  sites,
}: {
  readonly runs: readonly RunSummary[];
  readonly sites: readonly MemberView[];
}) {
  const [form, setForm] = useState(empty);
  const draft = useMemo(() => draftOf(form.text, form.name), [form]);
  const missing = draft.named.filter((file) => form.files[file] === undefined);

  async function take({ target }: ChangeEvent<HTMLInputElement>): Promise<void> {
    const chosen = [...(target.files ?? [])];
    const texts = Object.fromEntries(await Promise.all(chosen.map(async (file) => [file.name, await file.text()])));
    const main = runFileAmong(chosen);
    setForm((before) => ({
      name: main?.name ?? before.name,
      text: main === undefined ? before.text : texts[main.name],
      files: { ...before.files, ...texts },
    }));
    target.value = blank;
  }

  async function begin(run: string): Promise<void> {
    if (run === blank) return;
    const { contract } = await get<SignedContract>(`api/runs/${run}/contract`);
    const files = Object.fromEntries(Object.entries(contract.files).map(([name, { text }]) => [name, text]));
    setForm({ name: `${contract.runFile.name}.yaml`, text: `${yamlText(contract.runFile)}\n`, files });
  }

  return (
    <>
      <Card
        title="Run file"
        text="Choose the YAML file together with the files that it names, or begin with those of an earlier run and change them here."
        tools={
          <Pick
            label="Begin with"
            options={[[blank, 'nothing'], ...runs.map(({ run, name }) => [run, `${name} ${run.slice(0, 8)}`] as const)]}
            chosen={blank}
            choose={(run) => void begin(run)}
          />
        }
      >
        <label className="file-choice">
          Files
          <input type="file" multiple onChange={take} />
        </label>
        <textarea
          className="editor"
          aria-label="Text of the run file"
          value={form.text}
          onChange={({ target }) => setForm({ ...form, text: target.value })}
          rows={22}
          spellCheck={false}
        />
        {draft.fault === null ? null : <Notice error={draft.fault} bad />}
        {missing.length === 0 ? null : (
          <p className="notice" role="status">
            The run file names <b>{missing.join(', ')}</b>: choose {missing.length === 1 ? 'that file' : 'these files'},
            too.
          </p>
        )}
      </Card>
      {draft.runFile === null ? null : (
        <>
          <Said runFile={draft.runFile} />
          <TakingPart sites={sites} run={draft.runFile} />
          {missing.length > 0 ? null : (
            <div className="launch-foot">
              <DeedButton label="Sign and launch" strong>
                {(close) => <SignLaunch runFile={draft.runFile!} files={form.files} close={close} />}
              </DeedButton>
            </div>
          )}
        </>
      )}
    </>
  );
}

/** What the models say to the run file. */
function Said({ runFile }: { readonly runFile: NonNullable<ReturnType<typeof draftOf>['runFile']> }) {
  const asked = useMemo(() => JSON.stringify(runFile), [runFile]);
  const { value, fault } = useFetched(asked, async (signal) => {
    await settled(signal);
    return { asked, ...(await post<z.infer<typeof postCheck.answer>>('api/run-files/check', { runFile }, signal)) };
  });
  if (fault !== null) return <Notice error={fault} bad />;
  if (value?.asked !== asked)
    return (
      <p className="quiet" role="status">
        Asking the models …
      </p>
    );
  return value.warnings.length === 0 ? (
    <p className="quiet" role="status">
      The models know all that the run file asks for.
    </p>
  ) : (
    value.warnings.map((warning) => (
      <p key={warning} className="notice">
        {warning}
      </p>
    ))
  );
}

const settleMs = 600;

/** Waits until nobody has typed for a moment. */
const settled = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, settleMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
