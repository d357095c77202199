const dayMs = 86_400_000;

/** The moment so many days from now. @param days as a field of a form has it */
export const inDays = (days: string): Date => new Date(Date.now() + Number(days) * dayMs);

/** For how many days something counts. */
export const Days = ({
  label,
  days,
  most,
  change,
}: {
  readonly label: string;
  readonly days: string;
  readonly most: number;
  readonly change: (days: string) => void;
}) => (
  <label>
    {label}
    <input type="number" min={1} max={most} value={days} onChange={({ target }) => change(target.value)} required />
  </label>
);
