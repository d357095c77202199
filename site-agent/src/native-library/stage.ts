/** Where an installation shows how far it is. */
export interface Stage {
  readonly say: (line: string) => void;
  /** Bytes of a file that are here; `total` is null where nobody knows. */
  readonly show: (file: string, done: number, total: number | null) => void;
  /** What `show` drew stands; lines may follow. */
  readonly settle: () => void;
}
