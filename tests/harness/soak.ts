/** How long each random part of the fault harness runs; 0: as in every test run. */
export const soakSeconds = Number(process.env.CONSILIUM_SOAK_SECONDS ?? 0);

/** For a property: so many cases, or as many as a soak has time for. */
export const cases = (numRuns: number) =>
  soakSeconds === 0
    ? { numRuns }
    : { numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: soakSeconds * 1000, markInterruptAsFailure: false };

/** For a test that soaks: what it takes besides. */
export const soakLimitMs = soakSeconds * 1000 + 900_000;
