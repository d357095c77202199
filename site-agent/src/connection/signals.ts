/** The reason of a signal, once it is aborted. */
export const reasonOf = <Reason>(signal: AbortSignal, read: (reason: unknown) => Reason): Promise<Reason> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(read(signal.reason));
    else signal.addEventListener('abort', () => resolve(read(signal.reason)), { once: true });
  });
