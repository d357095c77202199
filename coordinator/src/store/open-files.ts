interface OpenFile<Value> {
  readonly value: Promise<Value>;
  users: number;
  dropped: boolean;
}

/** A bounded number of open things by name, the least recently used closed first; one in use is closed after its use. */
export interface OpenFiles<Key, Value> {
  use<Result>(key: Key, work: (value: Value) => Promise<Result>): Promise<Result>;
  /** Closes one, so that the next use opens it anew. */
  drop(key: Key): Promise<void>;
  close(): Promise<void>;
}

export function openFiles<Key, Value extends { close(): Promise<void> }>(
  limit: number,
  open: (key: Key) => Promise<Value>,
): OpenFiles<Key, Value> {
  const files = new Map<Key, OpenFile<Value>>();

  const closeIfIdle = async (file: OpenFile<Value>): Promise<void> => {
    if (file.dropped && file.users === 0) await (await file.value.catch(() => null))?.close();
  };
  const drop = async (key: Key): Promise<void> => {
    const file = files.get(key);
    if (file === undefined) return;
    files.delete(key);
    file.dropped = true;
    await closeIfIdle(file);
  };

  return {
    async use(key, work) {
      const file = files.get(key) ?? { value: open(key), users: 0, dropped: false };
      files.delete(key);
      files.set(key, file);
      file.users += 1;
      try {
        const oldest = files.size > limit ? files.keys().next().value : undefined;
        if (oldest !== undefined) await drop(oldest);
        return await work(await file.value);
      } catch (error) {
        // What failed once is opened anew the next time: the file may have been mended.
        if (files.get(key) === file) files.delete(key);
        file.dropped = true;
        throw error;
      } finally {
        file.users -= 1;
        await closeIfIdle(file);
      }
    },
    drop,
    async close() {
      await Promise.all([...files.keys()].map(drop));
    },
  };
}
