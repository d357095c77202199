import type { SiteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { createAdmission, type Direction, type Place } from './admission.js';
import { handClock } from './testing/hand-clock.js';

const limits = { places: 3, totalBytes: 80, windowBytes: 20, narrowBytes: 10, idleMs: 1000 };
const never = new AbortController().signal;
const ignore = () => {};
let sites = 0;
/** What a site asks for that has nothing yet. */
const claim = (direction: Direction, bytes: number, site = `site-${sites++}`) => ({
  site: site as SiteId,
  direction,
  bytes,
});

describe('admission', () => {
  it('lets so many in, each way, and the next when one leaves, in order of arrival', async () => {
    const admission = createAdmission(handClock(), limits);
    const order: string[] = [];
    const enter = (name: string) =>
      admission.enter(claim('upload', 5), ignore, never).then((place) => {
        order.push(name);
        return place;
      });
    const [first] = await Promise.all(['a', 'b', 'c'].map(enter));
    const waiting = ['d', 'e'].map(enter);
    await admission.enter(claim('download', 5), ignore, never);
    expect(order).toEqual(['a', 'b', 'c']);
    first?.release();
    const fourth = await waiting[0];
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    fourth?.release();
    fourth?.release();
    await waiting[1];
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('gives narrower windows when half is gone, never more than all together, nor more than is asked for', async () => {
    const admission = createAdmission(handClock(), { ...limits, places: 100 });
    const places: Place[] = [];
    for (const bytes of [20, 7, 20, 20, 20]) places.push(await admission.enter(claim('upload', bytes), ignore, never));
    expect(places.map(({ window }) => window)).toEqual([20, 7, 20, 10, 10]);
    places.push(await admission.enter(claim('download', 20), ignore, never));
    let late: Place | null = null;
    const waiting = admission.enter(claim('download', 20), ignore, never).then((place) => {
      late = place;
    });
    await Promise.resolve();
    expect(late).toBeNull();
    places[1]?.release();
    await waiting;
    expect(late).toMatchObject({ window: 10 });
  });

  it('gives a site that has a place a further one only while half of everything is left for others', async () => {
    const admission = createAdmission(handClock(), { ...limits, places: 6 });
    const entered: string[] = [];
    const enter = (site: string, direction: Direction = 'download') =>
      admission.enter(claim(direction, 20, site), ignore, never).then((place) => {
        entered.push(site);
        return place;
      });
    // 80 bytes in all: north has 20 and 20, and waits with the third while others come.
    const [first] = await Promise.all([enter('north'), enter('north')]);
    const third = enter('north');
    await Promise.all([enter('east'), enter('west'), enter('south', 'upload')]);
    expect(entered).toEqual(['north', 'north', 'east', 'west', 'south']);
    first?.release();
    await Promise.resolve();
    expect(entered.length).toBe(5);
    const alone = createAdmission(handClock(), { ...limits, places: 6, totalBytes: 1000 });
    const own = Array.from({ length: 4 }, () => alone.enter(claim('upload', 5, 'north'), ignore, never));
    (await own[0])?.release();
    await own[3];
    void third;
  });

  it('takes the place of a transfer that does not move, and only then', async () => {
    const clock = handClock();
    const admission = createAdmission(clock, { ...limits, places: 1 });
    const idle: string[] = [];
    const place = await admission.enter(claim('upload', 5), () => idle.push('first'), never);
    const next = admission.enter(claim('upload', 5), () => idle.push('second'), never);
    clock.advance(900);
    place.touch();
    clock.advance(900);
    expect(idle).toEqual([]);
    clock.advance(100);
    expect(idle).toEqual(['first']);
    (await next).release();
    clock.advance(5000);
    expect(idle).toEqual(['first']);
    expect(clock.timers.size).toBe(0);
  });

  it('forgets who gives up waiting', async () => {
    const admission = createAdmission(handClock(), { ...limits, places: 1 });
    const place = await admission.enter(claim('upload', 5), ignore, never);
    const leaver = new AbortController();
    const gone = admission.enter(claim('upload', 5), ignore, leaver.signal);
    const next = admission.enter(claim('upload', 5), ignore, never);
    leaver.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await expect(admission.enter(claim('upload', 5), ignore, leaver.signal)).rejects.toThrow('gone');
    place.release();
    await next;
  });
});
