import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { metricFamilies, type Sample } from './families.js';
import type { Snapshot } from './snapshot.js';

/** What Prometheus reads of this coordinator. */
export interface Metrics {
  /** Everything as it stands now, in the text format 0.0.4. */
  text(): Promise<string>;
}

/**
 * The families of `metricFamilies` and those of the process, in a registry of their own: two coordinators in one
 * process share nothing. Nothing is counted along the way; each scrape reads what there is.
 */
export function openMetrics(look: () => Promise<Snapshot>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const families = metricFamilies.map(({ kind, name, help, labels, samples }) => {
    const settings = { name, help, labelNames: [...labels], registers: [registry] };
    const { reset, set } = kind === 'gauge' ? gauge(settings) : counter(settings);
    return (snapshot: Snapshot) => {
      reset();
      for (const sample of samples(snapshot)) set(sample);
    };
  });
  return {
    async text() {
      const snapshot = await look();
      for (const show of families) show(snapshot);
      return registry.metrics();
    },
  };
}

interface Settings {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

interface Shown {
  readonly reset: () => void;
  readonly set: (sample: Sample) => void;
}

function gauge(settings: Settings): Shown {
  const metric = new Gauge(settings);
  return { reset: () => forget(metric, settings), set: ([labels, value]) => metric.set({ ...labels }, value) };
}

function counter(settings: Settings): Shown {
  const metric = new Counter(settings);
  return { reset: () => forget(metric, settings), set: ([labels, value]) => metric.inc({ ...labels }, value) };
}

/** A metric without labels would come back as 0, which is not the same as unknown. */
function forget(metric: Gauge | Counter, { labelNames }: Settings): void {
  metric.reset();
  if (labelNames.length === 0) metric.remove();
}
