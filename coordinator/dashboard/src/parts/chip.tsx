import type { Tone } from '@consilium/shared/words';

/** A state in one word. */
export const Chip = ({
  word,
}: {
  readonly word: { readonly label: string; readonly tone: Tone; readonly meaning?: string };
}) => (
  <span className={`chip ${word.tone}`} title={word.meaning}>
    {word.label}
  </span>
);

/** A bar filled to a share of 1. */
export function Track({ share, label }: { readonly share: number; readonly label: string }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
  return (
    <div
      className="track"
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <i style={{ width: `${percent}%` }} />
    </div>
  );
}
