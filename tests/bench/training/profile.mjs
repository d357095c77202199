import { tf } from '@consilium/models/backend';

/**
 * Time and number of calls of each kernel in one step, slowest first; `otherMs` is what the step took beyond them: the tape,
 * dispatch, and whatever is not a kernel, such as an optimizer that changes weights where they lie.
 */
export async function profiled(step) {
  // The check would read every result.
  tf.env().set('CHECK_COMPUTATION_FOR_ERRORS', false);
  const start = performance.now();
  await step();
  const stepMs = performance.now() - start;
  const { kernels } = await tf.profile(step);
  const byName = new Map();
  for (const { name, kernelTimeMs } of kernels) {
    // Hand-written gradients are listed by their scope, with the kernels that they call.
    if (tf.getKernel(name, tf.getBackend()) === undefined) continue;
    const one = byName.get(name) ?? { name, calls: 0, ms: 0 };
    byName.set(name, { name, calls: one.calls + 1, ms: one.ms + Number(await kernelTimeMs) });
  }
  const rows = [...byName.values()].sort((a, b) => b.ms - a.ms);
  return { stepMs, otherMs: stepMs - rows.reduce((sum, { ms }) => sum + ms, 0), rows };
}

export function printProfile(title, { stepMs, otherMs, rows }) {
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  console.log(`\n${title}: ${stepMs.toFixed(1)} ms, ${calls} kernel calls`);
  for (const row of [...rows, { name: '(between kernels)', calls: '', ms: otherMs }]) {
    console.log(`  ${row.ms.toFixed(2).padStart(9)} ms ${String(row.calls).padStart(5)}  ${row.name}`);
  }
}
