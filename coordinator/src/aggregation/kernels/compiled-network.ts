import type { Exchange } from './sorting.js';

/** Up to this many rows a network is compiled: their values then stay in the registers, or nearly so. */
export const mostCompiledRows = 32;

/**
 * A WebAssembly module that does a network's exchanges for four columns at a time without going back to memory in between. It
 * imports `host.memory` and exports `run(at, end)`: from the first column's address in row 0 up to `end`, in vectors of four.
 * Rows lie `rowBytes` apart. The exchanges are those of `exchange` in kernels.wat, so the bits are the same.
 */
export function compileNetwork(
  rows: number,
  { network, ranks, rowBytes }: Readonly<{ network: readonly Exchange[]; ranks: readonly number[]; rowBytes: number }>,
): Uint8Array {
  const body = [
    ...[1, ...leb(rows), op.v128],
    ...[op.loop, op.empty],
    ...rowsOf(rows).flatMap((row) => [...get(at), ...op.load, ...place(row * rowBytes), ...set(local(row))]),
    ...network.flatMap(([low, high]) => {
      const [a, b] = [local(low), local(high)];
      return [...get(a), ...get(b), ...op.pmin, ...get(b), ...get(a), ...op.pmax, ...set(b), ...set(a)];
    }),
    ...ranks.flatMap((rank) => [...get(at), ...get(local(rank)), ...op.store, ...place(rank * rowBytes)]),
    ...[...get(at), op.constant, 16, op.add, ...tee(at), ...get(end), op.less, op.again, 0],
    ...[op.done, op.done],
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // One type, (i32, i32) → nothing; the memory; one function of that type, exported; its code.
    ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 0]),
    ...section(2, [1, ...text('host'), ...text('memory'), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('run'), 0, 0]),
    ...section(10, [1, ...sized(body)]),
  ]);
}

const [at, end] = [0, 1];
const local = (row: number): number => 2 + row;
const rowsOf = (rows: number): readonly number[] => Array.from({ length: rows }, (_, row) => row);

const op = {
  ...{ v128: 0x7b, loop: 0x03, empty: 0x40, done: 0x0b, again: 0x0d, constant: 0x41, add: 0x6a, less: 0x49 },
  ...{ load: [0xfd, 0x00], store: [0xfd, 0x0b], pmin: [0xfd, 0xea, 0x01], pmax: [0xfd, 0xeb, 0x01] },
};
const get = (index: number) => [0x20, ...leb(index)];
const set = (index: number) => [0x21, ...leb(index)];
const tee = (index: number) => [0x22, ...leb(index)];
/** Aligned to 16 bytes, at an offset from the address. */
const place = (offset: number) => [4, ...leb(offset)];
const text = (value: string) => sized([...Buffer.from(value)]);
const sized = (bytes: readonly number[]) => [...leb(bytes.length), ...bytes];
const section = (id: number, bytes: readonly number[]) => [id, ...sized(bytes)];

/** A whole number of 0 or more in LEB128. */
function leb(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
