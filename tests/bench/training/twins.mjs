/** Share by which the first losses of two runtimes may differ: rounding alone. */
const tolerance = 1e-3;

/**
 * Holds the runtimes of one network against each other: as many weights, and the same loss before the first step, dropout off.
 * Later losses are printed only: Adam makes steps of full size out of gradients that are mere rounding.
 * @param results results by runtime, the first of each is looked at
 */
export function checkTwins(network, results) {
  const firsts = Object.entries(results).flatMap(([runtime, [result]]) => (result ? [{ runtime, ...result }] : []));
  const [reference, ...others] = firsts;
  if (reference === undefined) return;
  const texts = firsts.map(({ runtime, losses }) => `${runtime} ${losses.map((loss) => loss.toFixed(4)).join(' ')}`);
  console.error(`${network}: ${reference.weights.toLocaleString('en')} weights; first losses ${texts.join(', ')}`);
  for (const { runtime, weights, losses } of others) {
    if (weights !== reference.weights) throw new Error(`${network}: ${runtime} has ${weights} weights`);
    if (!(Math.abs(losses[0] - reference.losses[0]) <= tolerance * Math.abs(reference.losses[0]))) {
      throw new Error(`${network}: ${runtime} does not compute what ${reference.runtime} computes`);
    }
  }
}
