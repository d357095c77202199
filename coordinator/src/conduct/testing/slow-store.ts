import type { Store } from '../../store/index.js';

/** A store that appends nothing while it is held, and notes how many records came together. */
export function slowStore(store: Store) {
  const appended: number[] = [];
  let fault: Error | null = null;
  let open: () => void = () => {};
  let gate: Promise<void> = Promise.resolve();
  const append: Store['append'] = async (chain, head, records, project) => {
    await gate;
    if (fault !== null) throw fault;
    appended.push(records.length);
    await store.append(chain, head, records, project);
  };
  return {
    ...{ appended, store: { ...store, append } satisfies Store },
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    letGo: (thrown: Error | null = null) => {
      fault = thrown;
      open();
    },
  };
}
