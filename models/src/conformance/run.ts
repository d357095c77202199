import {
  type BackendChoice,
  type DeviceDemand,
  greatestDistance,
  held,
  startCpu,
  tf,
  useBackend,
} from '../backend/index.js';
import type { ConformanceCase, Topic } from './case.js';
import { conformanceCases } from './table.js';

/** How one case went on the backend in question. */
export interface CaseResult {
  readonly name: string;
  readonly topic: Topic;
  /** The greatest relative L2 distance of a result from its reference; infinite where a shape differs or the case failed. */
  readonly error: number;
  readonly limit: number;
  /** Tensors and buffers that a run of the case leaves behind. */
  readonly leaked: number;
  readonly passed: boolean;
  /** Why the case has no result. */
  readonly fault?: string;
}

export interface ConformanceOptions {
  /** As for `useBackend`. */
  readonly device?: DeviceDemand;
  readonly onCase?: (result: CaseResult) => void;
  readonly signal?: AbortSignal;
  readonly cases?: readonly ConformanceCase[];
}

/**
 * Runs the suite on a backend, which is in use afterwards. A case that fails does not stop the others.
 *
 * @throws CSM-BACKEND-* where the backend does not run; the signal's reason when aborted, between two cases
 */
export async function runConformance(
  choice: BackendChoice,
  { device = 'any', onCase, signal, cases = conformanceCases }: ConformanceOptions = {},
): Promise<readonly CaseResult[]> {
  signal?.throwIfAborted();
  await useBackend(choice, { device });
  const engineName = tf.getBackend();
  const done: CaseResult[] = [];
  for (const tested of cases) {
    signal?.throwIfAborted();
    const result = await runCase(tested, engineName);
    done.push(result);
    onCase?.(result);
  }
  return done;
}

/** Runs one case on a started backend, by its name in TensorFlow.js, which is in use afterwards. */
export async function runCase(tested: ConformanceCase, engineName: string): Promise<CaseResult> {
  const { name, topic, limit, compute, reference } = tested;
  try {
    await startCpu();
    const wanted = await reference();
    await tf.setBackend(engineName);
    const got = await compute();
    const before = held();
    await compute();
    const leaked = held() - before;
    const error = greatestDistance(got, wanted);
    return { name, topic, error, limit, leaked, passed: error <= limit && leaked === 0 };
  } catch (cause) {
    await tf.setBackend(engineName);
    const fault = cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : 'unknown';
    return { name, topic, error: Number.POSITIVE_INFINITY, limit, leaked: 0, passed: false, fault };
  }
}
