/** What the learning rate of a tensor is multiplied by: the longest beginning that fits its name decides, 1 where none does. */
export function rateFactor(tensor: string, rates: Readonly<Record<string, number>>): number {
  const prefixes = Object.keys(rates).filter((prefix) => tensor.startsWith(prefix));
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? 1 : (rates[longest] ?? 1);
}
