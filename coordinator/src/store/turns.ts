/** Runs tasks of one name one after another; those of different names do not wait for each other. */
export function turns(): <Result>(name: string, task: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<void>>();
  return (name, task) => {
    const result = (last.get(name) ?? Promise.resolve()).then(task);
    const ended: Promise<void> = result.then(
      () => {},
      () => {},
    );
    last.set(name, ended);
    void ended.then(() => {
      if (last.get(name) === ended) last.delete(name);
    });
    return result;
  };
}
