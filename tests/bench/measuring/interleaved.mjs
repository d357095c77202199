/**
 * Times several pieces of work in turn, round after round, so that a change of the machine's load meets them all alike.
 * @param {Record<string, () => unknown>} work by name
 * @param {{ rounds: number, warmUp?: number }} options rounds that count, and rounds before them that do not
 * @returns {Promise<Record<string, number>>} median milliseconds by name
 */
export async function interleaved(work, { rounds, warmUp = 1 }) {
  const times = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, run] of Object.entries(work)) {
      const start = performance.now();
      await run();
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
}

/** Middle value; of an even number, the mean of the two middle ones. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
