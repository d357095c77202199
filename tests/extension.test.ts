import type { RunView } from '@consilium/coordinator/conduct';
import { canonicalBytes } from '@consilium/shared/canonical';
import {
  type Contract,
  contractHash,
  type Extension,
  extendContract,
  idOf,
  type SignedContract,
  signContract,
  stepsOf,
} from '@consilium/shared/contract';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import type { CallError } from './harness/lead.js';
import { type Deliver, deliverHonestly, type LightSite } from './harness/light-site.js';

const names = ['hospital-a', 'hospital-b', 'hospital-c'];
const last = 'hospital-c';
const training = { rounds: 2, optimizer: { name: 'sgd', rate: 0.1 } };

describe('a run that its lead extends', () => {
  let consortium: Consortium;
  let deliver: Deliver = deliverHonestly;
  const sites: LightSite[] = [];

  const signed = (contract: Contract, by = consortium.lead.identity): SignedContract =>
    signContract(contract, (domain, bytes) => sign(by, domain, bytes));
  const post = (run: string, contract: SignedContract): Promise<RunView> =>
    consortium.lead.call(
      'POST',
      `/api/runs/${run}/extend`,
      JSON.parse(Buffer.from(canonicalBytes({ signed: contract })).toString()),
    );
  const extend = async ({ contract }: SignedContract, extension: Extension): Promise<SignedContract> => {
    const longer = signed(extendContract(contract, extension));
    await post(contract.run, longer);
    return longer;
  };
  const closed = (run: string) => consortium.until(run, ({ phase }) => phase === 'closed');

  beforeAll(async () => {
    consortium = await openConsortium();
    for (const name of names) {
      sites.push(await consortium.join(name, { deliver: (delivery) => deliver(delivery) }));
    }
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  it.each([
    ['goes on', false],
    ['goes on after a restart', true],
  ])(
    '%s, loses nothing that was under way, and ends with the model of a run that was so long',
    async (_, restarted) => {
      deliver = deliverHonestly;
      const long = consortium.lead.contract({ training: { ...training, rounds: 4 } });
      await consortium.lead.launch(long);
      await closed(long.contract.run);

      const [uploaded, gate] = [createGate(), createGate()];
      const under = new Map<string, string>();
      deliver = async ({ task, manifest, upload, submit }) => {
        await upload();
        if (task.work.step === 'train:0:2' && task.site === last) {
          uploaded.open();
          await gate.opened;
        }
        under.set(`${task.site} ${manifest.step}`, manifest.contract);
        return submit();
      };
      const short = consortium.lead.contract({ training });
      const { run } = short.contract;
      await consortium.lead.launch(short);
      await uploaded.opened;
      const longer = await extend(await extend(short, { rounds: 3 }), {
        rounds: 4,
        notAfter: new Date(Date.now() + 7_200_000),
      });
      if (restarted) await consortium.restart();
      expect(await consortium.view(run)).toMatchObject({
        ...{ contract: contractHash(longer.contract), rounds: 4, step: 'train:0:2', error: null },
      });
      gate.open();

      expect(await closed(run)).toMatchObject({ outcome: 'complete', error: null, round: 4 });
      expect((await consortium.model(run)).hash).toBe((await consortium.model(long.contract.run)).hash);
      const steps = stepsOf(longer.contract.runFile).filter(({ kind }) => kind !== 'initial');
      for (const { contributions, faults } of sites) {
        expect(faults).toEqual([]);
        expect(steps.map((step) => contributions.get(`${run} ${idOf(step)}`))).toEqual(steps.map(() => 1));
      }
      expect(under.get(`${last} train:0:2`)).toBe(contractHash(short.contract));
      expect(under.get(`${last} train:0:3`)).toBe(contractHash(longer.contract));
      const journal = await consortium.journal(run);
      expect(journal.filter(({ type }) => type === 'extended').map(({ body }) => body.rounds)).toEqual([3, 4]);
      expect(journal.filter(({ type }) => type === 'contribution-accepted')).toHaveLength(steps.length * names.length);
    },
  );

  it('refuses what the lead did not sign, what is no extension, and what comes too late', async () => {
    const gate = createGate();
    deliver = async (delivery) => {
      if (delivery.task.work.step === 'train:0:1') await gate.opened;
      return deliverHonestly(delivery);
    };
    const launched = consortium.lead.contract({ training });
    const { contract } = launched;
    const { run } = contract;
    await consortium.lead.launch(launched);
    await consortium.until(run, ({ step }) => step === 'train:0:1');
    const refusal = (longer: SignedContract, of: string = run) =>
      post(of, longer).then(
        () => 'none',
        ({ code }: CallError) => code,
      );

    const first = extendContract(contract, { rounds: 3 });
    const changed = { ...first, runFile: { ...first.runFile, seed: 8 } };
    const other = { ...contract, runFile: { ...contract.runFile, seed: 8 } };
    expect(await refusal(signed(first, createIdentity()))).toBe('CSM-CONTRACT-SIGNATURE');
    expect(await refusal({ ...launched, contract: first })).toBe('CSM-CONTRACT-SIGNATURE');
    expect(await refusal(signed(changed))).toBe('CSM-CONTRACT-EXTENSION');
    expect(await refusal(signed(extendContract(other, { rounds: 3 })))).toBe('CSM-EXTEND-STALE');
    expect(await refusal(signed(first), 'f'.repeat(32))).toBe('CSM-RUN-UNKNOWN');
    expect(await refusal(launched)).toBe('none');
    const before = await consortium.view(run);
    expect(before.contract).toBe(contractHash(contract));

    await extend(launched, { rounds: 3 });
    const { journalLength } = await consortium.view(run);
    expect(await refusal(signed(first))).toBe('none');
    expect((await consortium.view(run)).journalLength).toBe(journalLength);
    expect(await refusal(signed(extendContract(contract, { rounds: 9 })))).toBe('CSM-EXTEND-STALE');
    expect(await refusal(launched)).toBe('CSM-EXTEND-OTHER');
    gate.open();
    await closed(run);
    expect(await refusal(signed(extendContract(first, { rounds: 4 })))).toBe('CSM-EXTEND-LATE');
  });
});
