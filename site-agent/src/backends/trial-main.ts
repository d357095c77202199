import { asCoded, toWire } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import { request, type TrialAnswer } from './messages.js';
import { timeProducts } from './product.js';

/** A process that tries one backend and ends: a library that crashes takes nothing else with it, and no two meet. */
tether();

const tell = (answer: TrialAnswer): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(answer, () => resolve());
  });

try {
  const { choice, device, suite, speed } = request.parse(JSON.parse(process.argv[2] ?? ''));
  const { useBackend } = await import('@consilium/models/backend');
  await tell({ type: 'started', backend: await useBackend(choice, { device }) });
  if (suite) {
    const { conformanceCases, runConformance } = await import('@consilium/models/conformance');
    const total = conformanceCases.length;
    await runConformance(choice, { device, onCase: (tested) => void tell({ type: 'case', tested, total }) });
  }
  if (speed === true) {
    const { productsHere } = await import('./multiply.js');
    await tell({ type: 'speed', ...(await timeProducts(productsHere(), () => performance.now())) });
  }
  await tell({ type: 'done' });
  process.exit(0);
} catch (thrown) {
  await tell({ type: 'failed', error: toWire(asCoded(thrown)) });
  process.exit(1);
}
