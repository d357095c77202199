import { setImmediate as turn } from 'node:timers/promises';
import { siteId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { createReassigner } from './reassign.js';

const sites = Array.from({ length: 200 }, (_, index) => siteId.parse(`site-${index}`));

const unexpected = (_: string, thrown: unknown) => {
  throw thrown;
};

it('a few sites are told at once', () => {
  const told: string[] = [];
  createReassigner((site) => told.push(site), unexpected)(sites.slice(0, 3));
  expect(told).toEqual(sites.slice(0, 3));
});

it('of many sites each is told once, in their order, with turns for others between', async () => {
  const told: string[] = [];
  const reassign = createReassigner((site) => told.push(site), unexpected);
  reassign(sites);
  const first = told.length;
  expect(first).toBeLessThan(sites.length / 2);
  reassign(sites.slice(-10));
  let turns = 0;
  for (; told.length < sites.length; turns++) await turn();
  expect(turns).toBeGreaterThan(1);
  expect(told).toEqual(sites);
  reassign(sites.slice(0, 2));
  expect(told.slice(sites.length)).toEqual(sites.slice(0, 2));
});

it('one that cannot be told keeps nobody else from being told, then and later', async () => {
  const told: string[] = [];
  const faults: string[] = [];
  const reassign = createReassigner(
    (site) => {
      if (site === sites[0] || site === sites[100]) throw new Error('no line');
      told.push(site);
    },
    (site) => faults.push(site),
  );
  reassign(sites);
  for (; told.length < sites.length - 2; ) await turn();
  expect(faults).toEqual([sites[0], sites[100]]);
  reassign([sites[1]!]);
  expect(told.slice(sites.length - 2)).toEqual([sites[1]]);
});
