/** Names of invented genes: nobody takes them for real ones. */
export function geneNames(count: number): readonly string[] {
  const digits = Math.max(3, String(count).length);
  return Array.from({ length: count }, (_, index) => `SYNTH-GENE-${String(index + 1).padStart(digits, '0')}`);
}
