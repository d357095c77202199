import type { SiteId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { createInstances } from './instances.js';

const [north, south] = ['north', 'south'] as SiteId[];

it('restarts are no alarm, a former instance that comes back is, for its own site', () => {
  const { alternates } = createInstances();
  const seen = (site: SiteId | undefined, instance: string) => alternates(site!, instance);
  expect([seen(north, 'a'), seen(north, 'a'), seen(north, 'b'), seen(north, 'c')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(seen(south, 'a')).toBe(false);
  expect(seen(north, 'a')).toBe(true);
  expect(seen(north, 'a')).toBe(false);
  expect(seen(north, 'c')).toBe(true);
});

it('a thousand restarts are remembered in bounded room, the latest ones', () => {
  const { alternates } = createInstances();
  for (let i = 0; i < 1000; i++) expect(alternates(north!, String(i))).toBe(false);
  expect(alternates(north!, '998')).toBe(true);
  expect(alternates(north!, '3')).toBe(false);
});
