/** The newest value of something, for those who come late and those who wait: nobody can miss it. */
export interface News<Value> {
  newest(): Value | null;
  tell(value: Value): void;
  /** There is no value now. Listeners are not told. */
  clear(): void;
  /** Calls at once if there is a value, then at every change. Returns how to stop. */
  listen(listener: (value: Value) => void): () => void;
  /** The value, as soon as there is one. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<Value>;
}

export function createNews<Value extends object>(): News<Value> {
  const listeners = new Set<(value: Value) => void>();
  let newest: Value | null = null;

  function listen(listener: (value: Value) => void): () => void {
    listeners.add(listener);
    if (newest !== null) listener(newest);
    return () => listeners.delete(listener);
  }

  return {
    newest: () => newest,
    listen,
    tell(value) {
      newest = value;
      for (const listener of [...listeners]) listener(value);
    },
    clear() {
      newest = null;
    },
    next: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        if (newest !== null) {
          resolve(newest);
          return;
        }
        const leave = () => {
          stop();
          reject(signal.reason);
        };
        const stop = listen((value) => {
          stop();
          signal.removeEventListener('abort', leave);
          resolve(value);
        });
        signal.addEventListener('abort', leave, { once: true });
      }),
  };
}
