/** Entries that a piece of work writes into maps, those of copies too: what it costs, on any machine. */
export function mapWrites(work: () => void): number {
  const { set } = Map.prototype;
  let writes = 0;
  Map.prototype.set = function (...entry) {
    writes += 1;
    return set.apply(this, entry);
  };
  try {
    work();
  } finally {
    Map.prototype.set = set;
  }
  return writes;
}
