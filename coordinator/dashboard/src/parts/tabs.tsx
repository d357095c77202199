import { type KeyboardEvent, useRef } from 'react';

export interface Tab {
  readonly key: string;
  readonly label: string;
  readonly address: string;
}

/** Tabs that are links: a click or an arrow key goes to the address of a panel. */
export function Tabs({
  label,
  tabs,
  chosen,
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ key }) => key === chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    list.current?.querySelectorAll('a')[next]?.focus();
    location.hash = tabs[next]!.address;
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {tabs.map(({ key, label: text, address }) => (
        <a
          key={key}
          id={`tab-${key}`}
          role="tab"
          href={address}
          aria-selected={key === chosen}
          aria-controls="panel"
          tabIndex={key === chosen ? 0 : -1}
        >
          {text}
        </a>
      ))}
    </div>
  );
}
