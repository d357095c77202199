import { type ReactNode, useId } from 'react';

/** A part of a view with its own title. */
export function Card({
  title,
  text,
  tools,
  children,
}: {
  readonly title: string;
  readonly text?: ReactNode;
  /** Choices beside the title. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {tools}
        {text === undefined ? null : <p className="card-text quiet small">{text}</p>}
      </header>
      {children}
    </section>
  );
}

/** Stands where something is still on its way. */
export const Skeleton = ({ text = 'One moment …' }: { readonly text?: string }) => (
  <p className="quiet" role="status">
    {text}
  </p>
);

/** A figure with its name above and a word on it below. */
export const Tile = ({
  title,
  value,
  note,
  children,
}: {
  readonly title: string;
  readonly value: string;
  readonly note?: string;
  readonly children?: ReactNode;
}) => (
  <div className="tile">
    <span className="quiet small">{title}</span>
    <b title={value}>{value}</b>
    <span className="quiet small">{note}</span>
    {children}
  </div>
);
