import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdentity, sign, verify } from '../crypto/index.js';
import { CodedError } from '../errors/index.js';
import { consortiumId, runId } from '../ids.js';
import { type Contract, contractHash, maxExtensions, openContract } from './contract.js';
import { extendContract, extensionOf, isOrExtends } from './extension.js';
import { encodeContract, makeContract, signContract } from './make-contract.js';
import { readRunFile } from './read-run-file.js';
import { stagesOf } from './stages.js';
import { idOf, stepsOf } from './steps.js';

const base = `name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`;
const files = {
  'without stages': base,
  'whose last stage takes its rounds from the training': `${base}stages: [{ name: first, rounds: 2 }, { name: last }]\n`,
  'whose last stage has rounds of its own': `${base}stages: [{ name: first }, { name: last, rounds: 4 }]\n`,
};
const consortium = consortiumId.parse('c'.repeat(32));
const day = (count: number) => new Date(Date.UTC(2026, 0, count));
const termsOf = (text: string): Contract =>
  makeContract({
    runFile: readRunFile(text),
    files: {},
    consortium,
    run: runId.parse('a'.repeat(32)),
    notAfter: day(10),
  });
const terms = termsOf(base);
const lead = createIdentity(new Uint8Array(32).fill(1));
const opened = (contract: Contract): Contract =>
  openContract(encodeContract(signContract(contract, (domain, bytes) => sign(lead, domain, bytes))), {
    lead: lead.publicKey,
    consortium,
    now: day(1),
    verify,
  });
const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'none';
};

describe('the extension of a contract', () => {
  it.each(Object.entries(files))('of a run %s adds rounds to the last stage alone', (_, text) => {
    const before = termsOf(text);
    const after = opened(extendContract(before, { rounds: 6 }));
    expect(extensionOf(after)).toEqual({ rounds: 6, notAfter: day(10) });
    expect(stagesOf(after.runFile).slice(0, -1)).toEqual(stagesOf(before.runFile).slice(0, -1));
    const kept = stepsOf(before.runFile).map(idOf).slice(0, -1);
    expect(stepsOf(after.runFile).map(idOf).slice(0, kept.length)).toEqual(kept);
    expect(after.extends?.map(({ contract }) => contract)).toEqual([contractHash(before)]);
  });

  it('adds time alone, and leaves every step as it was', () => {
    const after = opened(extendContract(terms, { notAfter: day(20) }));
    expect(after.runFile).toEqual(terms.runFile);
    expect(after.notAfter).toBe(day(20).toISOString());
  });

  it.each([
    ['nothing', {}, 'CSM-EXTEND-NOTHING'],
    ['what is there', { rounds: 3, notAfter: day(10) }, 'CSM-EXTEND-NOTHING'],
    ['fewer rounds', { rounds: 2 }, 'CSM-EXTEND-SHORTER'],
    ['more rounds and less time', { rounds: 9, notAfter: day(9) }, 'CSM-EXTEND-SHORTER'],
    ['more time and fewer rounds', { rounds: 1, notAfter: day(11) }, 'CSM-EXTEND-SHORTER'],
    ['more rounds than a run may have', { rounds: 100_001 }, 'CSM-EXTEND-LIMIT'],
  ])('is not made of %s', (_, extension, code) => {
    expect(codeOf(() => extendContract(terms, extension))).toBe(code);
  });

  it('is not made more often than a contract holds', () => {
    let longest = terms;
    for (let rounds = 4; rounds < 4 + maxExtensions; rounds++) longest = extendContract(longest, { rounds });
    expect(opened(longest).extends).toHaveLength(maxExtensions);
    expect(codeOf(() => extendContract(longest, { rounds: 5000 }))).toBe('CSM-EXTEND-LIMIT');
  });

  it('is known by everybody who knows one of those before it, however many were missed', () => {
    const more = fc.record({ rounds: fc.integer({ min: 0, max: 50 }), days: fc.integer({ min: 0, max: 50 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(files)),
        fc.array(more, { minLength: 1, maxLength: 6 }),
        (text, all) => {
          const chain = [termsOf(text)];
          for (const { rounds, days } of all) {
            const last = chain.at(-1)!;
            const now = extensionOf(last);
            if (rounds + days === 0) continue;
            const notAfter = new Date(now.notAfter.getTime() + days * 86_400_000);
            chain.push(extendContract(last, { rounds: now.rounds + rounds, notAfter }));
          }
          const newest = opened(chain.at(-1)!);
          expect(newest).toEqual(chain.at(-1));
          for (const former of chain) expect(isOrExtends(newest, contractHash(former))).toBe(true);
          for (const former of chain.slice(0, -1)) expect(isOrExtends(former, contractHash(newest))).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });

  const honest = extendContract(extendContract(terms, { rounds: 5 }), { rounds: 8, notAfter: day(12) });
  const [first, second] = honest.extends!;
  const forged: readonly (readonly [string, Contract])[] = [
    ['another setting', { ...honest, runFile: { ...honest.runFile, seed: 8 } }],
    ['another run', { ...honest, run: runId.parse('b'.repeat(32)) }],
    [
      'fewer rounds',
      { ...honest, runFile: { ...honest.runFile, training: { ...honest.runFile.training, rounds: 4 } } },
    ],
    ['less time', { ...honest, notAfter: day(9).toISOString() }],
    ['no more than before', { ...terms, extends: [{ ...first!, contract: contractHash(terms) }] }],
    ['a contract that never was', { ...honest, extends: [first!, { ...second!, contract: first!.contract }] }],
    ['other rounds than there were', { ...honest, extends: [first!, { ...second!, rounds: 6 }] }],
    ['a link left out', { ...honest, extends: [second!] }],
    ['links in another order', { ...honest, extends: [second!, first!] }],
    [
      'rounds that its run file did not name',
      { ...honest, extends: [{ contract: first!.contract, notAfter: first!.notAfter }] },
    ],
  ];
  it.each(forged)('is refused with %s, though the lead signed it', (_, contract) => {
    expect(codeOf(() => opened(contract))).toBe('CSM-CONTRACT-EXTENSION');
  });
});
