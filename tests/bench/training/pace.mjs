/** What is done the same way on both sides; peer.py is given it. */
export const pace = {
  /** Steps without dropout, whose losses can be compared between runtimes; with those after them they are the warm-up. */
  comparableSteps: 3,
  warmUpSteps: 2,
  /** Once so much time is measured, nothing further is begun; but at least so many are. */
  measureMs: 3_000,
  fewest: 3,
  /** Steps timed as one on a GPU, which works through them on its own; then the last loss is read, as in training. */
  gpuBlockSteps: 8,
};
