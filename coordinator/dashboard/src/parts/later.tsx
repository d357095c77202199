import type { ComponentType } from 'react';
import { useFetched } from '../use.js';
import { Notice } from './notice.js';

/** A part of the page that is fetched when it is first shown: what a few need should not keep the others waiting. */
export function Later<Props extends object>({
  load,
  give,
}: {
  readonly load: () => Promise<ComponentType<Props>>;
  /** What the part is given once it is there. */
  readonly give: Props;
}) {
  const { value, fault } = useFetched('', async () => ({ Part: await load() }));
  if (fault !== null) return <Notice error={fault} bad />;
  return value === null ? null : <value.Part {...give} />;
}
