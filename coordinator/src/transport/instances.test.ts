import type { SiteId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { createInstances } from './instances.js';

const [north, south] = ['north', 'south'] as SiteId[];

let nowMs = 0;
const clock = { now: () => nowMs };

it('restarts are no alarm, a former instance that comes back is, for its own site', () => {
  const { alternates } = createInstances(clock);
  const seen = (site: SiteId | undefined, instance: string) => alternates(site!, instance) !== null;
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
  const { alternates } = createInstances(clock);
  for (let i = 0; i < 1000; i++) expect(alternates(north!, String(i))).toBeNull();
  expect(alternates(north!, '998')).not.toBeNull();
  expect(alternates(north!, '3')).toBeNull();
});

it('two that alternate are news of their site once an hour, however many they say they are', () => {
  const { alternates } = createInstances(clock);
  const news = (site: SiteId | undefined) =>
    Array.from({ length: 1000 }, (_, i) => alternates(site!, String(i % (2 + (i % 3))))).filter((one) => one?.isNews)
      .length;
  expect([news(north), news(north), news(south)]).toEqual([1, 0, 1]);
  nowMs += 3_600_000;
  expect([news(north), news(south)]).toEqual([1, 1]);
});
