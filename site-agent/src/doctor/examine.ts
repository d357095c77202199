import type { Contract } from '@consilium/shared/contract';
import { asCoded, coded } from '@consilium/shared/errors';
import type { Clock, Welcome } from '@consilium/shared/wire';
import { type Enrolment, readEnrolment, type SiteHome, type SiteSettings } from '../config/index.js';
import { type Route, routeTo, type WayOut } from '../connection/index.js';
import { examineBackend, examineSpeed } from './backend.js';
import { examineCohort } from './cohort.js';
import { type Finding, fault, warning } from './finding.js';
import { examineGraphics, graphicsOf } from './graphics.js';
import type { Host } from './host.js';
import { examineKey } from './key.js';
import { capacityOf, examineDisk, examineMachine } from './machine.js';
import { examineClock, examineNetwork } from './network.js';
import { examineNode } from './node-version.js';
import { askCoordinator } from './reply.js';
import { examineSettings } from './settings.js';
import { type Demand, tryOut } from './trial.js';

export interface ExamineOptions {
  readonly home: SiteHome;
  /** Where the tables lie, if not as site.yaml says. */
  readonly data: SiteSettings['data'] | null;
  /** The run file to hold the tables against; null without one. */
  readonly contract: (() => Promise<Contract>) | null;
  /** The way to the coordinator that site.yaml names. */
  readonly wayOut: (settings: SiteSettings) => Promise<WayOut>;
  /** Opens the site's key and proves it to the coordinator once. */
  readonly prove: (enrolment: Enrolment, way: WayOut) => Promise<Welcome>;
  readonly host: Host;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/**
 * Examines one thing after the other, the cheap ones first, and goes on after a fault: one does not hide the next.
 * Throws only the signal's reason.
 */
export async function* examine(options: ExamineOptions): AsyncGenerator<Finding, void, void> {
  const { home, host, signal } = options;
  const { settings, found } = await examineSettings(home, options.data !== null);
  const capacity = await capacityOf(host);
  yield examineNode(host.node);
  yield examineMachine(host, capacity, threadsOf(settings));
  yield await examineDisk(host, home.folder);
  if (found !== null) yield found;

  const load = host.load();
  const demand: Demand = { choice: settings?.backend ?? 'auto', device: settings?.device ?? 'any' };
  const { env, clock } = options;
  const trial = await tryOut(demand, { threads: settings?.threads, env, clock, signal });
  const ofGpu = examineGraphics(await graphicsOf(host), trial.backend, demand);
  yield examineBackend(trial, demand, ofGpu);
  const speed = examineSpeed(trial, capacity, load);
  if (speed !== null) yield speed;
  yield ofGpu;

  if (settings !== null) yield* examineConnection(settings, options);
  else if (found !== null && (await enrolmentOf(home)) !== null) {
    yield warning('Network', coded('CSM-DOCTOR-UNASKED', { settings: home.settings }));
  }
  if (options.contract !== null) {
    yield await examineCohort(options.data ?? settings?.data ?? null, options.contract, signal);
  }
}

/** Only native training takes more than one; undefined where it takes all. */
const threadsOf = (settings: SiteSettings | null): number | undefined =>
  settings?.backend === 'wasm' || settings?.backend === 'cpu' ? 1 : settings?.threads;

/** Null, too, where it cannot be read: the fault of the settings is told already. */
const enrolmentOf = (home: SiteHome): Promise<Enrolment | null> => readEnrolment(home).catch(() => null);

async function* examineConnection(
  settings: SiteSettings,
  options: ExamineOptions,
): AsyncGenerator<Finding, void, void> {
  const { home, clock, now, signal } = options;
  const means = await meansOf(settings, options).catch((thrown: unknown) => fault('Network', thrown));
  if ('state' in means) {
    yield means;
    return;
  }
  const { enrolment, way, route } = means;
  const answered = await askCoordinator({ route, clock, now, signal }).catch((thrown: unknown) => {
    signal.throwIfAborted();
    return asCoded(thrown);
  });
  yield examineNetwork(route, answered, now());
  const time = examineClock(answered, now());
  if (time !== null) yield time;
  const ofKey = await examineKey(home, enrolment, () => options.prove(enrolment, way));
  signal.throwIfAborted();
  // What keeps the network away keeps the key from being proven: said once, it is enough.
  if (!(answered instanceof Error) || ofKey.code !== answered.code) yield ofKey;
}

interface Means {
  readonly enrolment: Enrolment;
  readonly way: WayOut;
  readonly route: Route;
}

/** Whom to ask and how; a finding where the site is not enrolled. */
async function meansOf(settings: SiteSettings, { home, env, wayOut }: ExamineOptions): Promise<Means | Finding> {
  const enrolment = await readEnrolment(home);
  if (enrolment === null) return warning('Network', coded('CSM-CLISITE-NOT-ENROLLED', { home: home.folder }));
  const way = await wayOut(settings);
  return { enrolment, way, route: routeTo({ address: enrolment.address, env, ...way }) };
}
