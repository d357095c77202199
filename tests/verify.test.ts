import { type Finding, type Verification, verifyExport } from '@consilium/coordinator/verifying';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { type Certificate, createIdentity, type Identity, makeKeyChange, sign } from '@consilium/shared/crypto';
import {
  digestFile,
  type ExportSeal,
  encodeSeal,
  exportSeal,
  pieceBytesOf,
  sealFile,
  sumsFile,
  writeSums,
} from '@consilium/shared/exported';
import { type JournalRecord, journalLine, parseJournalLine, sealRecord } from '@consilium/shared/journal';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import { manifestDomain, type SignedManifest } from '@consilium/shared/wire';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { exportedRun, type Files, folderOf } from './harness/exported.js';

const names = ['hospital-a', 'hospital-b', 'hospital-c'];
const model = {
  ...{ family: 'attention-aml', preset: 'small', classes: ['x', 'y', 'z'] },
  options: { width1: 8, tokens1: 2, heads1: 2 },
};
const longTest = { timeout: 900_000 };

describe('an exported run', () => {
  let consortium: Consortium;
  let files: Files;
  let seal: ExportSeal;
  let run: string;

  beforeAll(async () => {
    consortium = await openConsortium();
    for (const name of names) await consortium.join(name);
    const training = { rounds: 3, optimizer: { name: 'sgd', rate: 0.1 } };
    const participation = { quorum: 2 };
    ({ run } = await consortium.lead.launch(consortium.lead.contract({ training, model, participation })));
    await consortium.until(run, ({ phase }) => phase === 'closed');
    files = await exportedRun(consortium, run);
    seal = exportSeal.parse(JSON.parse(Buffer.from(files.get(sealFile)!).toString()).seal);
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  const check = (altered: Files = files, options: object = {}): Promise<Verification> =>
    verifyExport(folderOf(altered), { signal: new AbortController().signal, ...options });
  const told = ({ findings }: Verification) =>
    findings.map(({ file, record, error }: Finding) => [error.code, file, record]);
  const filesNamed = ({ findings }: Verification) => [...new Set(findings.map(({ file }) => file))];
  const changed = (changes: Readonly<Record<string, Uint8Array | null>>): Files => {
    const next = new Map(files);
    for (const [name, bytes] of Object.entries(changes)) {
      if (bytes === null) next.delete(name);
      else next.set(name, bytes);
    }
    return next;
  };

  /** What a lead would have sealed who took the folder for true: nothing in it betrays a change but what it says. */
  async function sealedAgain(altered: Files, changes: Partial<ExportSeal> = {}): Promise<Files> {
    const content = [...altered].filter(([name]) => name !== sealFile && name !== sumsFile);
    const digests = await Promise.all(
      content.map(async ([name, bytes]) => [name, await digestFile([bytes], pieceBytesOf(bytes.length))] as const),
    );
    const { identity } = consortium.lead;
    const next = exportSeal.parse({ ...seal, files: Object.fromEntries(digests), ...changes });
    const sealed = encodeSeal(next, (domain, bytes) => sign(identity, domain, bytes));
    const hashes = new Map(content.map(([name, bytes]) => [name, sha256(bytes)])).set(sealFile, sha256(sealed));
    return new Map([...content, [sealFile, sealed], [sumsFile, Buffer.from(writeSums(hashes))]]);
  }

  const records = (): JournalRecord[] =>
    Buffer.from(files.get('journal.jsonl')!)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line, index) => parseJournalLine(Buffer.from(line), index + 1));

  /** The journal with other records, sealed again; by the folder's own list too. */
  function withJournal(next: readonly JournalRecord[], head = next.at(-1)!.hash): Promise<Files> {
    const journal = Buffer.concat(next.map(journalLine));
    return sealedAgain(changed({ 'journal.jsonl': journal }), { journal: { head, records: next.length } });
  }

  it('holds as it is: kept rounds are recomputed, the others are attested', async () => {
    const found = await check(files, { lead: consortium.lead.identity.publicKey });
    expect(found.findings).toEqual([]);
    expect(found.unchecked).toEqual([]);
    expect(found).toMatchObject({ run, outcome: 'complete', files: files.size, contributions: 9 * names.length });
    const verdicts = Object.fromEntries(found.folds.map(({ step, verdict }) => [step, verdict]));
    expect(verdicts).toEqual({
      ...{ 'prepare:cohort:1': 'attested', 'prepare:scale:1': 'attested', initial: 'attested' },
      ...{ 'train:0:1': 'attested', 'train:0:2': 'recomputed', 'train:0:3': 'recomputed' },
      ...{ 'validate:1': 'attested', 'validate:2': 'attested', 'validate:3': 'attested', test: 'attested' },
    });
  });

  it('with control variates is recomputed, too, from the one that the round before left', async () => {
    const training = { rounds: 3, optimizer: { name: 'sgd', rate: 0.1 }, strategy: { name: 'scaffold' } };
    const { run: controlled } = await consortium.lead.launch(consortium.lead.contract({ training, model }));
    await consortium.until(controlled, ({ phase }) => phase === 'closed');
    const found = await check(await exportedRun(consortium, controlled));
    expect(found.findings).toEqual([]);
    expect(Object.fromEntries(found.folds.map(({ step, verdict }) => [step, verdict]))).toMatchObject({
      ...{ 'train:0:1': 'attested', 'train:0:2': 'recomputed', 'train:0:3': 'recomputed' },
    });
  });

  it('of updates in fewer bits is recomputed, too', async () => {
    const training = { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 }, update: { codec: 'int8' } };
    const coded = await consortium.lead.launch(consortium.lead.contract({ training, model }));
    await consortium.until(coded.run, ({ phase }) => phase === 'closed');
    const found = await check(await exportedRun(consortium, coded.run));
    expect(found.findings).toEqual([]);
    expect(found.folds.find(({ step }) => step === 'train:0:1')?.verdict).toBe('recomputed');
  });

  it('without updates holds too, and every round is attested', async () => {
    const found = await check(await exportedRun(consortium, run, false));
    expect(found.findings).toEqual([]);
    expect(new Set(found.folds.map(({ verdict }) => verdict))).toEqual(new Set(['attested']));
  });

  it('tells in the consortium’s journal which updates the lead took', async () => {
    const lines = Buffer.from(await consortium.lead.download('/api/journal'))
      .toString()
      .trimEnd()
      .split('\n');
    const taken = lines
      .map((line) => JSON.parse(line))
      .filter(({ type, body }) => type === 'update-taken' && body.run === run);
    expect(taken.map(({ body }) => `${body.step} ${body.site}`).sort()).toEqual(
      ['train:0:2', 'train:0:3'].flatMap((step) => names.map((name) => `${step} ${name}`)),
    );
    for (const { body } of taken) expect(files.has(`blobs/${body.update}`)).toBe(true);
  });

  it('names the file of which any bit was changed', longTest, async () => {
    const flipped = (name: string, bit: number): Files => {
      const bytes = files.get(name)!.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      return changed({ [name]: bytes });
    };
    const expectNamed = async (name: string, bit: number): Promise<void> => {
      const found = await check(flipped(name, bit));
      expect({ name, bit, named: filesNamed(found) }).toEqual({ name, bit, named: [name] });
    };
    const bitsOf = (name: string) => files.get(name)!.length * 8;
    for (const name of files.keys()) {
      const [bit] = fc.sample(fc.nat(bitsOf(name) - 1), 1);
      await expectNamed(name, bit!);
    }
    const anywhere = fc
      .constantFrom(...files.keys())
      .chain((name) => fc.nat(bitsOf(name) - 1).map((bit) => [name, bit] as const));
    await fc.assert(
      fc.asyncProperty(anywhere, ([name, bit]) => expectNamed(name, bit)),
      { numRuns: 12 },
    );
  });

  it('says in which bytes and tensors a model was changed, and in which record a journal', async () => {
    const model = files.get('model.safetensors')!.slice();
    model[model.length - 2]! ^= 4;
    const [found] = (await check(changed({ 'model.safetensors': model }))).findings;
    const last = decodeWeights(model).layout.at(-1)!.name;
    expect(found?.tensors).toContain(last);
    expect(found?.ranges.at(-1)?.end).toBe(model.length);

    const lines = Buffer.from(files.get('journal.jsonl')!).toString().split('\n');
    lines[9] = lines[9]!.replace('hospital', 'hospitaL');
    const journal = Buffer.from(lines.join('\n'));
    expect(told(await check(changed({ 'journal.jsonl': journal })))).toContainEqual([
      expect.stringMatching(/^CSM-JOURNAL-/),
      'journal.jsonl',
      9,
    ]);
  });

  it('names what was removed, added or put in the place of something else', async () => {
    for (const name of files.keys()) {
      expect(filesNamed(await check(changed({ [name]: null })))).toEqual([name]);
    }
    expect(told(await check(changed({ 'more.txt': Buffer.from('x') })))).toEqual([
      ['CSM-VERIFY-ADDED', 'more.txt', null],
    ]);
    const [one, other] = [...files.keys()].filter((name) => name.startsWith('blobs/')) as [string, string];
    const swapped = changed({ [one]: files.get(other)!, [other]: files.get(one)! });
    expect(filesNamed(await check(swapped)).sort()).toEqual([one, other].sort());
  });

  it('does not hold without its end, whoever sealed it', async () => {
    const cut = records().slice(0, -1);
    const journal = Buffer.concat(cut.map(journalLine));
    expect(told(await check(changed({ 'journal.jsonl': journal })))).toContainEqual([
      'CSM-JOURNAL-TRUNCATED',
      'journal.jsonl',
      cut.length - 1,
    ]);
    const sealed = await withJournal(cut);
    expect(filesNamed(await check(sealed))).toEqual([]);
    const witnessed = await check(sealed, { head: seal.journal.head });
    expect(told(witnessed)).toEqual([['CSM-JOURNAL-TRUNCATED', 'journal.jsonl', cut.length - 1]]);
  });

  /** The records from `from` on signed by a key, each linked to the one before. */
  function resigned(all: readonly JournalRecord[], by: Identity, from = 0): readonly JournalRecord[] {
    const next: JournalRecord[] = all.slice(0, from);
    for (const { chain, time, type, body } of all.slice(from)) {
      next.push(
        sealRecord(next.at(-1) ?? null, { chain, time, type, body }, (domain, bytes) => sign(by, domain, bytes)),
      );
    }
    return next;
  }

  it('does not hold with a journal of another key, nor with a record too many', async () => {
    const stranger = createIdentity();
    expect(told(await check(await withJournal(resigned(records(), stranger))))).toContainEqual([
      'CSM-JOURNAL-SIGNATURE',
      'journal.jsonl',
      0,
    ]);
    const all = records();
    const more = [...all, { ...all.at(-1)!, type: 'resumed', body: {} }];
    expect(told(await check(await withJournal(resigned(more, stranger, all.length))))).toContainEqual([
      'CSM-JOURNAL-SIGNATURE',
      'journal.jsonl',
      all.length,
    ]);
  });

  describe('of a coordinator that lies with its own key', () => {
    const liar = createIdentity();
    /** Its journal, certified and sealed, with what it made of the records. */
    async function lied(
      change: (all: JournalRecord[]) => readonly JournalRecord[],
      more: Files = new Map(),
      words: readonly Certificate[] = [],
    ) {
      const journal = resigned(change(records()), liar);
      const certificate = await consortium.lead.certify('coordinator', 'coordinator', liar.publicKey, 2);
      const altered = changed({
        ...Object.fromEntries(more),
        'journal.jsonl': Buffer.concat(journal.map(journalLine)),
      });
      return check(
        await sealedAgain(altered, {
          certificates: [...seal.certificates, certificate, ...words],
          journal: { head: journal.at(-1)!.hash, records: journal.length },
        }),
      );
    }
    const at = (all: readonly JournalRecord[], type: string, step: string) =>
      all.findIndex((record) => record.type === type && (record.body as { step?: string }).step === step);

    it('a record after the end is no part of the run', async () => {
      const count = records().length;
      const found = await lied((all) => [...all, { ...all.at(-1)!, type: 'resumed', body: {} }]);
      expect(told(found)).toContainEqual(['CSM-VERIFY-RECORD', 'journal.jsonl', count]);
    });

    it('a hospital of which a step says nothing is found, though the run goes on without it', async () => {
      let place = 0;
      const found = await lied((all) => {
        place = all.findIndex(({ type, body }) => {
          const { site, step } = body as { site?: string; step?: string };
          return type === 'contribution-accepted' && step === 'test' && site === names[1];
        });
        return all.toSpliced(place, 1);
      });
      expect(told(found)).toEqual([['CSM-VERIFY-RECORD', 'journal.jsonl', at(records(), 'step-folding', 'test') - 1]]);
      expect(found.unchecked).toContain('what follows from the whole journal: models, reports and how the run ended');
      expect(found.outcome).toBeNull();
    });

    it('rounds that the run passed over are found', async () => {
      let place = 0;
      const found = await lied((all) => {
        place = at(all, 'step-opened', 'train:0:3');
        return all.toSpliced(place, at(all, 'step-opened', 'test') - place);
      });
      expect(told(found)).toEqual([['CSM-VERIFY-RECORD', 'journal.jsonl', place]]);
    });

    it('a run that calls itself complete though a hospital was away is found', async () => {
      const away = (outcome: string, excused: boolean) =>
        lied((all) => {
          const [place, last] = [at(all, 'step-folding', 'test'), all.length - 1];
          const body = all[place - 1]!.body as { step: string; site: string };
          const details = { step: body.step, site: body.site, seconds: 600 };
          const error = excused
            ? { code: 'CSM-COHORT-SMALL', details: { minimum: 5 } }
            : { code: 'CSM-RUN-SITE-IDLE', details };
          const left = { step: body.step, site: body.site, until: 'heard', excused, error };
          return all
            .with(place - 1, { ...all[place - 1]!, type: 'site-left', body: left })
            .with(last, { ...all[last]!, body: { outcome, error: null } });
        });
      const last = records().length - 1;
      expect(told(await away('complete', false))).toEqual([['CSM-VERIFY-RECORD', 'journal.jsonl', last]]);
      const place = at(records(), 'step-folding', 'test') - 1;
      expect(told(await away('complete', true))).toEqual([['CSM-VERIFY-RECORD', 'journal.jsonl', place]]);
      // Told as it was, it holds.
      expect(await away('degraded', false)).toMatchObject({ outcome: 'degraded', findings: [] });
    });

    it('a contribution that the site did not sign so is found', async () => {
      let place = 0;
      const found = await lied((all) => {
        place = at(all, 'contribution-accepted', 'train:0:1');
        const text = JSON.stringify(all[place]!.body).replace(/"samples":\d+/, '"samples":39');
        return all.with(place, { ...all[place]!, body: JSON.parse(text) });
      });
      expect(told(found)).toContainEqual(['CSM-UPDATE-SIGNATURE', 'journal.jsonl', place]);
    });

    it('what a site’s former key signed after its next one is found', async () => {
      const site = names[0]!;
      const next = createIdentity();
      const certificate = await consortium.lead.certify('site', site, next.publicKey, 2);
      const bodyOf = ({ body }: JournalRecord) => body as { site: string; step: string; contribution: SignedManifest };
      const isOfSite = (record: JournalRecord, step: string) =>
        record.type === 'contribution-accepted' && bodyOf(record).site === site && bodyOf(record).step === step;
      const after = records().findIndex((record) => isOfSite(record, 'validate:1'));
      const found = await lied(
        (all) => {
          const place = all.findIndex((record) => isOfSite(record, 'train:0:1'));
          const body = bodyOf(all[place]!);
          const { manifest } = body.contribution;
          const contribution = { manifest, signature: sign(next, manifestDomain, canonicalBytes(manifest)) };
          return all.with(place, { ...all[place]!, body: { ...body, contribution } });
        },
        new Map(),
        [certificate],
      );
      expect(told(found)).toEqual([['CSM-VERIFY-KEY', 'journal.jsonl', after]]);
    });

    it('a former key of a site that the lead certified once more counts again, and betrays nobody', async () => {
      const site = names[0]!;
      const next = createIdentity();
      const [first] = seal.certificates.filter(({ body }) => body.id === site);
      const words = [
        consortium.lead.certify('site', site, next.publicKey, 2),
        consortium.lead.certify('site', site, first!.body.publicKey, 3),
      ];
      const isOfSite = ({ type, body }: JournalRecord, step: string) => {
        const from = body as { site: string; step: string };
        return type === 'contribution-accepted' && from.site === site && from.step === step;
      };
      const rekeyed = (all: readonly JournalRecord[], place: number, certificate: Certificate): JournalRecord => ({
        ...all[place]!,
        type: 'site-rekeyed',
        body: { step: (all[place]!.body as { step: string }).step, site, certificate },
      });
      const found = await lied(
        (all) => {
          const spoke = all.findIndex((record) => isOfSite(record, 'train:0:1'));
          const body = all[spoke]!.body as { contribution: SignedManifest };
          const { manifest } = body.contribution;
          const contribution = { manifest, signature: sign(next, manifestDomain, canonicalBytes(manifest)) };
          const signed = { ...all[spoke]!, body: { ...body, contribution } };
          const again = all.findIndex((record) => isOfSite(record, 'validate:1'));
          return [
            ...all.slice(0, spoke),
            rekeyed(all, spoke, words[0]!),
            signed,
            ...all.slice(spoke + 1, again),
            rekeyed(all, again, words[1]!),
            ...all.slice(again),
          ];
        },
        new Map(),
        words,
      );
      // The run's report stood for another journal.
      expect(told(found).filter(([, file]) => file === 'journal.jsonl')).toEqual([]);
    });

    it('a change of its key that changes none is found', async () => {
      const holder = { consortium: seal.consortium, role: 'coordinator', id: 'coordinator' } as const;
      const former = createIdentity();
      const certificate = consortium.lead.certify('coordinator', 'coordinator', liar.publicKey, 2);
      for (const change of [makeKeyChange(former, liar, holder), makeKeyChange(liar, former, holder)]) {
        const found = await lied((all) => [
          ...all.slice(0, 3),
          { ...all[2]!, type: 'key-changed', body: { change, certificate } },
          ...all.slice(3),
        ]);
        expect(told(found)).toContainEqual(['CSM-VERIFY-RECORD', 'journal.jsonl', 3]);
      }
    });

    it('a model that is not the mean of its updates is found', async () => {
      let place = 0;
      const honest = records();
      const step = 'train:0:3';
      const { output } = honest[at(honest, 'step-done', step)]!.body as { output: { model: string } };
      const name = [...files].find(([, bytes]) => sha256(bytes) === output.model)![0];
      const weights = decodeWeights(files.get(name)!);
      const forged = encodeWeights({ ...weights, values: weights.values.map((value) => value + 1e-6) });
      const found = await lied(
        (all) => {
          place = at(all, 'step-done', step);
          const text = JSON.stringify(all).replaceAll(output.model, sha256(forged));
          return JSON.parse(text);
        },
        new Map([[name.startsWith('blobs/') ? `blobs/${sha256(forged)}` : name, forged]]),
      );
      expect(told(found)).toContainEqual(['CSM-VERIFY-FOLD', 'journal.jsonl', place]);
      expect(found.folds.find((fold) => fold.step === step)?.verdict).toBe('altered');
    });

    it('a report that says more than the journal is found', async () => {
      const report = JSON.parse(Buffer.from(files.get('report.json')!).toString());
      report.outcome = { status: 'degraded', why: null };
      const found = await check(await sealedAgain(changed({ 'report.json': Buffer.from(JSON.stringify(report)) })));
      expect(told(found)).toEqual([['CSM-VERIFY-REPORT', 'report.json', null]]);
    });
  });

  it('is not taken for the one of another lead', async () => {
    const lead = createIdentity().publicKey;
    expect(told(await check(files, { lead }))).toEqual([['CSM-VERIFY-LEAD', sealFile, null]]);
  });
});
