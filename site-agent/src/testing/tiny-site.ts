import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stream } from '@consilium/models/layers';
import { contract, readRunFile, type SignedContract, signContract } from '@consilium/shared/contract';
import { createIdentity, type Identity, sign } from '@consilium/shared/crypto';
import { siteId } from '@consilium/shared/ids';
import { type Clock, type Log, silentLog, systemClock } from '@consilium/shared/wire';
import { type Agent, startAgent } from '../agent.js';
import { type Enrolment, makeHome, type SiteHome, type SiteSettings, siteHome } from '../config/index.js';
import { openEgress, openLedger } from '../governance/index.js';
import { createTrainer, type Trainer, type TrainerOptions } from '../trainer/index.js';
import type { FakeCoordinator } from './fake-coordinator.js';

const rows = 60;

/** A hospital of 60 invented patients with two classes that can be told apart, in a folder of its own. */
export interface TinySite {
  readonly home: SiteHome;
  readonly enrolment: Enrolment;
  readonly settings: SiteSettings;
  readonly lead: Identity;
  readonly identity: Identity;
  signed(changes?: {
    readonly localEpochs?: number;
    readonly rounds?: number;
    readonly seed?: number;
    readonly run?: string;
    /** `training.update` of the run file. */
    readonly update?: string;
    readonly notAfter?: Date;
    readonly lead?: Identity;
  }): SignedContract;
  /**
   * Starts the agent on a connection; the trainers that it made and the warnings of its log are listed.
   * @param spoil what becomes of each trainer
   */
  start(
    coordinator: Pick<FakeCoordinator, 'connection'>,
    spoil?: (trainer: Trainer) => Trainer,
    clock?: Clock,
  ): Promise<Agent & { readonly trainers: readonly Trainer[]; readonly warnings: readonly object[] }>;
  remove(): Promise<void>;
}

export async function tinySite(lead: Identity = createIdentity()): Promise<TinySite> {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-site-'));
  const home = siteHome(join(folder, 'home'));
  const directory = join(folder, 'data');
  await makeHome(home);
  await mkdir(directory);
  await writeFile(join(directory, 'table.csv'), tableText());
  const identity = createIdentity();
  const consortium = 'c'.repeat(32);
  const settings: SiteSettings = { data: { directory, synthetic: false }, backend: 'wasm', device: 'any' };
  const enrolment: Enrolment = {
    address: 'http://127.0.0.1:1',
    lead: lead.publicKey,
    consortium: contract.shape.consortium.parse(consortium),
    site: siteId.parse('north'),
  };

  return {
    home,
    enrolment,
    settings,
    lead,
    identity,
    signed({
      localEpochs = 1,
      rounds = 2,
      seed = 7,
      run = 'a'.repeat(32),
      update,
      notAfter = new Date('2999-01-01'),
      lead: signer = lead,
    } = {}) {
      const terms = contract.parse({
        format: 'consilium-contract-1',
        consortium,
        run,
        notAfter: notAfter.toISOString(),
        files: {},
        runFile: readRunFile(runText({ rounds, localEpochs, seed, update })),
      });
      return signContract(terms, (domain, bytes) => sign(signer, domain, bytes));
    },
    async start({ connection }, spoil = (trainer) => trainer, clock = systemClock) {
      const now = () => new Date();
      const ledger = await openLedger(home.ledger, identity, now);
      const egress = openEgress(connection, ledger, silentLog, home.left);
      const trainers: Trainer[] = [];
      const warnings: object[] = [];
      const log: Log = { ...silentLog, warn: (facts) => void warnings.push(facts) };
      const agent = startAgent({
        home,
        settings,
        enrolment,
        identity: () => identity,
        connection,
        egress,
        clock,
        now,
        log,
        backoff: { baseMs: 1, capMs: 1 },
        trainer(options: TrainerOptions) {
          const trainer = spoil(createTrainer(options));
          trainers.push(trainer);
          return trainer;
        },
      });
      return {
        trainers,
        warnings,
        async close() {
          await agent.close();
          await ledger.close();
        },
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

interface RunChanges {
  readonly rounds: number;
  readonly localEpochs: number;
  readonly seed: number;
  readonly update: string | undefined;
}

const runText = ({ rounds, localEpochs, seed, update }: RunChanges) => `name: tiny
model: { family: attention-aml, preset: small, classes: [A, B] }
data: { kind: expression-table, id: sample, label: kind, features: common, files: { features: table.csv }, testShare: 0.25 }
training: { rounds: ${rounds}, localEpochs: ${localEpochs}, batchSize: 8, optimizer: { name: adam, rate: 1e-2 }${update === undefined ? '' : `, update: ${update}`} }
validation: { share: 0.25, bootstrap: 20 }
seed: ${seed}
`;

function tableText(): string {
  const random = stream(3, 'tiny');
  const lines = ['sample,kind,g1,g2,g3,g4'];
  for (let row = 0; row < rows; row++) {
    const kind = row % 2;
    const genes = [0, 1, 2, 3].map((gene) => (random.normal() + (gene < 2 ? 3 * kind : 0)).toFixed(4));
    lines.push([`s${row}`, kind === 0 ? 'A' : 'B', ...genes].join(','));
  }
  return `${lines.join('\n')}\n`;
}
