/** The end of a list that only grows, as far as it was fetched: its items from a place on, counted from 0. */
export interface Tail<Item> {
  readonly from: number;
  readonly items: readonly Item[];
  /** How long the list is. */
  readonly total: number;
}

/** How a list is fetched. */
export interface Source<Item> {
  /** Items from a place on, at most so many, and how long the list is now. */
  readonly load: (from: number, limit: number) => Promise<{ readonly items: readonly Item[]; readonly total: number }>;
  /** Whether an item will never change again. Only the last one may. */
  readonly isSettled: (item: Item) => boolean;
  /** The most that is fetched at once. */
  readonly page: number;
}

/**
 * Brings the end of a list up to date part by part: first what is new or may have changed, then what is older, until the
 * newest `wanted` are here. What is here and settled is not fetched again.
 * @param guess how long the list may be, where nothing of it is here yet; a wrong one costs another call
 */
export async function* catchUp<Item>(
  before: Tail<Item> | null,
  { guess, wanted }: { readonly guess: number; readonly wanted: number },
  { load, isSettled, page }: Source<Item>,
): AsyncGenerator<Tail<Item>> {
  let tail =
    before === null ? await newest({ guess, size: Math.min(wanted, page), load }) : settledOf(before, isSettled);
  if (before === null) yield tail;
  const isOld = before !== null;
  for (let asked = false; endOf(tail) < tail.total || (isOld && !asked); asked = true) {
    const { items, total } = await load(endOf(tail), page);
    tail = { from: tail.from, items: [...tail.items, ...items], total };
    yield tail;
    if (items.length === 0) break;
  }
  while (tail.from > Math.max(0, tail.total - wanted)) {
    const from = Math.max(0, tail.total - wanted, tail.from - page);
    const { items } = await load(from, tail.from - from);
    tail = { ...tail, from, items: [...items, ...tail.items] };
    yield tail;
  }
}

async function newest<Item>({
  guess,
  size,
  load,
}: {
  readonly guess: number;
  readonly size: number;
  readonly load: Source<Item>['load'];
}): Promise<Tail<Item>> {
  const from = Math.max(0, guess - size);
  const first = await load(from, size);
  if (first.items.length > 0 || from === 0) return { from, ...first };
  const nearer = Math.max(0, first.total - size);
  return { from: nearer, ...(await load(nearer, size)) };
}

function settledOf<Item>(tail: Tail<Item>, isSettled: (item: Item) => boolean): Tail<Item> {
  const last = tail.items.at(-1);
  return last === undefined || isSettled(last) ? tail : { ...tail, items: tail.items.slice(0, -1) };
}

const endOf = ({ from, items }: Tail<unknown>): number => from + items.length;
