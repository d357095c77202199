import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { type Contract, type SignedContract, signContract } from '@consilium/shared/contract';
import { sign } from '@consilium/shared/crypto';
import { encodePrevious } from '@consilium/shared/exported';
import { runId } from '@consilium/shared/ids';
import { type SiteReport, signedReport } from '@consilium/shared/report';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCoordinator } from './testing/fake-coordinator.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';

describe('a run that judges the result of an earlier one', () => {
  let site: TinySite;
  let first: SiteReport;
  let file: Uint8Array;

  /** Does a whole run, and reads the report that is left. */
  async function reportOf(signed: SignedContract, files: readonly Uint8Array[] = []): Promise<SiteReport> {
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, files });
    const agent = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle');
    await agent.close();
    expect(coordinator.statuses.filter(({ error }) => error !== null)).toEqual([]);
    const text = await readFile(join(site.home.reports, signed.contract.run, 'test.json'), 'utf8');
    return signedReport.parse(JSON.parse(text)).report;
  }

  const sealed = (terms: Contract): SignedContract =>
    signContract(terms, (domain, bytes) => sign(site.lead, domain, bytes));
  /** The second run, with the earlier model in two pieces. */
  const later = (pieces: readonly Uint8Array[], changes: Partial<Contract['runFile']> = {}): SignedContract => {
    const { contract } = site.signed({ rounds: 2 });
    const { runFile } = contract;
    const subgroups = [{ column: 'ward' }];
    return sealed({
      ...contract,
      run: runId.parse('b'.repeat(32)),
      previous: { model: first.model, parts: pieces.map(sha256) },
      runFile: { ...runFile, validation: { ...runFile.validation, previous: 'before', subgroups }, ...changes },
    });
  };
  const inTwo = (): readonly Uint8Array[] => [file.slice(0, 1000), file.slice(1000)];

  beforeEach(async () => {
    site = await tinySite();
    const { contract } = site.signed({ rounds: 1 });
    first = await reportOf(sealed(contract));
    const folder = join(site.home.runs, contract.run);
    const { model, preparation } = JSON.parse(await readFile(join(folder, 'memory.json'), 'utf8'));
    const blob = (hash: string) => readFile(join(folder, 'blobs', hash));
    file = encodePrevious({
      ...{ contract, frozen: null },
      ...{ model: await blob(model), preparation: await blob(preparation) },
    });
  });
  afterEach(() => site.remove());

  it('shows for it what its own report said of the same patients, and what the common model adds', async () => {
    const pieces = inTwo();
    const report = await reportOf(later(pieces), pieces);
    const [panel, ...others] = report.panels ?? [];
    expect(others).toEqual([]);
    expect(panel?.name).toBe('previous');
    const values = (scores: SiteReport['measures']['scores']) =>
      Object.entries(scores).map(([name, { value }]) => [name, value]);
    expect(values(panel!.scores)).toEqual(values(first.measures.scores));
    expect(report.measures.n).toBe(first.measures.n);
    expect(report.notes).toEqual([]);
    // At this site no table has the column, and validation patients are kept.
    expect(report.subgroups?.[0]?.groups.at(-1)).toMatchObject({ name: 'not stated', n: report.measures.n });
    expect(report.temperatureScaled).toBeDefined();
  });

  it('does not judge it on patients that it may have been trained on, and says so', async () => {
    const pieces = inTwo();
    const report = await reportOf(later(pieces, { seed: 8 }), pieces);
    expect(report).not.toHaveProperty('panels');
    expect(report).not.toHaveProperty('uplift');
    expect(report.notes).toEqual([expect.stringContaining('(CSM-RUNFILE-PREVIOUS)')]);
    expect(report.notes[0]).toContain('not all test samples of this site were test samples of its run');
  });

  it('goes on without it where its file is none, and says so', async () => {
    const pieces = [file.slice(0, 700)];
    const report = await reportOf(later(pieces), pieces);
    expect(report).not.toHaveProperty('panels');
    expect(report.notes).toEqual([expect.stringContaining('another length than its header says')]);
  });
});
