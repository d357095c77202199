import { CodedError, fromWire, type WireError } from '@consilium/shared/errors';
import type { ReactNode } from 'react';

/** A fault in full: what happened, and what to do about it. */
export function Notice({
  error,
  bad = false,
  who,
  children,
}: {
  readonly error: WireError | CodedError;
  readonly bad?: boolean;
  /** Whom it concerns. */
  readonly who?: string;
  readonly children?: ReactNode;
}) {
  const fault = error instanceof CodedError ? error : fromWire(error);
  return (
    <div className={`notice ${bad ? 'bad' : ''}`}>
      <b>
        {who === undefined ? '' : `${who}: `}
        {fault.message}
      </b>
      <p>{fault.remedy}</p>
      <p className="quiet small">{error.code}</p>
      {children}
    </div>
  );
}

/** Why something is not shown. */
export const Absent = ({ children }: { readonly children: ReactNode }) => <p className="quiet">{children}</p>;
