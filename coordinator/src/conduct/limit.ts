/** Runs work, so many pieces at once; the rest waits in order of arrival. */
export type Limit = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createLimit(atOnce: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The place goes over to the next one without being free in between.
      if (next === undefined) running--;
      else next();
    }
  };
}
