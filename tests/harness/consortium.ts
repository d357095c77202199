import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunView } from '@consilium/coordinator/conduct';
import { type Coordinator, type CoordinatorOptions, startCoordinator } from '@consilium/coordinator/coordinator';
import { sha256 } from '@consilium/shared/canonical';
import type { Identity } from '@consilium/shared/crypto';
import type { BlobHash, PublicKey, SiteId } from '@consilium/shared/ids';
import { firstKeeper, followKeeper, type JournalRecord, readJournal, verifyChain } from '@consilium/shared/journal';
import { decodeWeights } from '@consilium/shared/weights';
import { type Log, silentLog } from '@consilium/shared/wire';
import { type Lead, openLead } from './lead.js';
import { type LightSite, type LightSiteOptions, openLightSite } from './light-site.js';

const pollMs = 50;

/** A coordinator in this process, its lead, and light sites that joined by code. */
export interface Consortium {
  readonly lead: Lead;
  /** The coordinator's folder. */
  readonly home: string;
  coordinator(): Coordinator;
  /** A site that came with a code and waits for approval. */
  enrol(site: string, options?: Partial<LightSiteOptions>): Promise<LightSite>;
  /** An approved site. */
  join(site: string, options?: Partial<LightSiteOptions>): Promise<LightSite>;
  /** A new agent of an approved site. */
  rejoin(site: string, identity: Identity): Promise<LightSite>;
  view(run: string): Promise<RunView>;
  /** Resolves with the run's view once it satisfies the condition. */
  until(run: string, wanted: (view: RunView) => boolean, limitMs?: number): Promise<RunView>;
  /** The run's chosen model. */
  model(run: string): Promise<{ readonly hash: BlobHash; readonly values: Float32Array }>;
  /** The run's journal, with order, links, hashes and signatures checked. */
  journal(run: string): Promise<readonly JournalRecord<Readonly<Record<string, unknown>>>[]>;
  /** Closes the coordinator and starts it again on the same port: on its folder, or on another, which it takes for its own. */
  restart(from?: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ConsortiumOptions {
  readonly log?: Log;
  /** Starts the coordinator, here or elsewhere, again after each `restart`. */
  readonly start?: (options: CoordinatorOptions) => Promise<Coordinator>;
  /** The coordinator may die in the middle of a call of the lead, which is made again then. */
  readonly mortal?: boolean;
}

export async function openConsortium({
  log = silentLog,
  start: open = startCoordinator,
  mortal = false,
}: ConsortiumOptions = {}): Promise<Consortium> {
  const home = await mkdtemp(join(tmpdir(), 'consilium-test-'));
  const sites: LightSite[] = [];
  let coordinator: Coordinator;
  let port = 0;
  const lead = openLead(() => coordinator.url, mortal);
  const start = () =>
    open({
      home,
      passphrase: 'test',
      consortium: lead.consortium,
      lead: lead.identity.publicKey,
      host: '127.0.0.1',
      port,
      log,
    });
  coordinator = await start();
  port = Number(new URL(coordinator.url).port);
  await lead.adopt();

  const consortium: Consortium = {
    lead,
    home,
    coordinator: () => coordinator,
    async enrol(name, options = {}) {
      const site = name as SiteId;
      const code = await lead.invite(site);
      const light = openLightSite({ site, code, ...options });
      sites.push(light);
      await new Promise<void>((resolve) => {
        light.connection.onState((state) => {
          if (state.kind === 'connected') resolve();
        });
      });
      return light;
    },
    async join(name, options) {
      const light = await consortium.enrol(name, options);
      await lead.approve(light.site, light.identity.publicKey);
      return light;
    },
    rejoin: (name, identity) => consortium.enrol(name, { identity }),
    view: (run) => lead.call('GET', `/api/runs/${run}`),
    async model(run) {
      const bytes = await lead.download(`/api/runs/${run}/model`);
      return { hash: sha256(bytes), values: decodeWeights(bytes).values };
    },
    async journal(run) {
      const [{ publicKey }, { journalHead }] = await Promise.all([
        lead.call<{ readonly publicKey: PublicKey }>('GET', '/api/identity'),
        consortium.view(run),
      ]);
      const records: JournalRecord[] = [];
      for await (const record of readJournal([await lead.download(`/api/runs/${run}/journal`)])) records.push(record);
      const first = await firstKeeper(() => records, publicKey);
      await verifyChain(records, { verify: followKeeper([first]), expectedHead: journalHead });
      return records as JournalRecord<Readonly<Record<string, unknown>>>[];
    },
    async until(run, wanted, limitMs = 300_000) {
      const end = performance.now() + limitMs;
      for (;;) {
        const view = await consortium.view(run);
        if (wanted(view)) return view;
        if (performance.now() > end)
          throw new Error(`still ${view.phase} at ${view.step}: ${JSON.stringify(view.sites)}`);
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    async restart(from = home) {
      await coordinator.close();
      if (from !== home) {
        await rm(home, { recursive: true });
        await rename(from, home);
      }
      coordinator = await start();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sites.map((site) => site.close()));
      await coordinator.close();
      await rm(home, { recursive: true, force: true });
    },
  };
  return consortium;
}
