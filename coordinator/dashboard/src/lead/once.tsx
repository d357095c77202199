import { useState } from 'react';

/** A text that is shown once and must be taken along. */
export function Once({ label, text }: { readonly label: string; readonly text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard?.writeText(text).then(() => setCopied(true));
  return (
    <div className="once">
      <textarea aria-label={label} readOnly rows={4} value={text} onFocus={({ target }) => target.select()} />
      <button type="button" className="button plain" onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
