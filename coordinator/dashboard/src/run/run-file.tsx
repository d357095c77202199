import type { LiveRun } from '@consilium/coordinator/api';
import type { RunSummary } from '@consilium/coordinator/conduct';
import type { SignedContract } from '@consilium/shared/contract';
import { useMemo, useState } from 'react';
import { get } from '../call.js';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Pick } from '../parts/choice.js';
import { Notice } from '../parts/notice.js';
import { useFetched } from '../use.js';
import { diffRows } from './diff-lines.js';
import { useContract } from './rule.js';
import { yamlWriter } from './yaml-writer.js';

const alone = '';

/** What the lead signed, as a text, and in which lines it differs from an earlier run. */
export function RunFileView({ view }: { readonly view: LiveRun }) {
  const { value: contract, fault } = useContract(view.run);
  const { value: yaml, fault: unwritten } = useFetched('yaml', async () => ({ write: await yamlWriter() }));
  const [other, setOther] = useState(alone);
  const { value: runs } = useFetched(view.run, async (signal) => {
    const { runs } = await get<{ readonly runs: readonly RunSummary[] }>('api/runs', signal);
    return runs.filter(({ run }) => run !== view.run);
  });
  const { value: earlier } = useFetched(other === alone ? null : other, async (signal) => ({
    run: other,
    file: (await get<SignedContract>(`api/runs/${other}/contract`, signal)).contract.runFile,
  }));
  const against = earlier?.run === other ? earlier.file : null;
  const rows = useMemo(() => {
    if (contract === null || yaml === null) return [];
    const text = `${yaml.write(contract.runFile)}\n`;
    return diffRows(against === null ? text : `${yaml.write(against)}\n`, text);
  }, [contract, against, yaml]);
  const wrong = fault ?? unwritten;
  if (wrong !== null) return <Notice error={wrong} />;
  if (contract === null || yaml === null) return <Skeleton />;
  const changed = rows.filter(({ kind }) => kind !== 'same').length;
  const files = Object.entries(contract.files);
  return (
    <>
      <Card
        title="Run file"
        text={
          against === null
            ? 'With all that it leaves open filled in, as the lead signed it.'
            : changed === 0
              ? 'No line differs.'
              : `${format.count(changed)} lines differ.`
        }
        tools={
          <Pick
            label="Compare with"
            options={[
              [alone, 'no other run'],
              ...(runs ?? []).map(({ run, name }) => [run, `${name} ${run.slice(0, 8)}`] as const),
            ]}
            chosen={other}
            choose={setOther}
          />
        }
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
        <section className="text-file" aria-label="Run file" tabIndex={0}>
          {rows.map(({ kind, text }, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name than its place
            <div key={line} className={kind}>
              <span className="unseen">{kind === 'same' ? '' : `${kind}: `}</span>
              {kind === 'added' ? '+ ' : kind === 'removed' ? '− ' : '  '}
              {text}
            </div>
          ))}
        </section>
      </Card>
      {files.length === 0 ? null : (
        <Card title="Files that it names" text="They are signed with it.">
          {files.map(([name, { sha256, text }]) => (
            <details key={name}>
              <summary>
                {name} <code className="quiet small">{sha256.slice(0, 12)}</code>
              </summary>
              <pre className="text-file">
                <div>{text}</div>
              </pre>
            </details>
          ))}
        </Card>
      )}
    </>
  );
}
