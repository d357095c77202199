/** One of a few, chosen by buttons. */
export function Choice<Key extends string>({
  label,
  options,
  chosen,
  choose,
}: {
  readonly label: string;
  readonly options: readonly (readonly [Key, string])[];
  readonly chosen: Key;
  readonly choose: (key: Key) => void;
}) {
  return (
    <fieldset className="choices" aria-label={label}>
      {options.map(([key, text]) => (
        <button key={key} type="button" className="choice" aria-pressed={key === chosen} onClick={() => choose(key)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}

/** One of many, chosen from a list. */
export const Pick = ({
  label,
  options,
  chosen,
  choose,
}: {
  readonly label: string;
  readonly options: readonly (readonly [key: string, text: string])[];
  readonly chosen: string;
  readonly choose: (key: string) => void;
}) => (
  <label className="pick">
    {label}
    <select value={chosen} onChange={({ target }) => choose(target.value)}>
      {options.map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  </label>
);
