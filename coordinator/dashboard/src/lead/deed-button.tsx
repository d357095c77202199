import { type ReactNode, useState } from 'react';

/** A button that opens a deed. */
export function DeedButton({
  label,
  about,
  strong = false,
  children,
}: {
  readonly label: string;
  /** What the button is about, where several have the same label. */
  readonly about?: string;
  readonly strong?: boolean;
  readonly children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={strong ? 'button' : 'button plain'} onClick={() => setOpen(true)}>
        {label}
        {about === undefined ? null : <span className="unseen"> {about}</span>}
      </button>
      {open ? children(() => setOpen(false)) : null}
    </>
  );
}
