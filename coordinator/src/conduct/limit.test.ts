import { describe, expect, it } from 'vitest';
import { createLimit } from './limit.js';

function createWork() {
  const started: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  return {
    started,
    end: (name: string) => ends.get(name)?.resolve(),
    fail: (name: string) => ends.get(name)?.reject(new Error(name)),
    named: (name: string) => () => {
      started.push(name);
      return new Promise<string>((resolve, reject) => {
        ends.set(name, { resolve: () => resolve(name), reject });
      });
    },
  };
}

describe('createLimit', () => {
  it('starts work in order of arrival, never more than so much at once', async () => {
    const work = createWork();
    const limit = createLimit(2);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => limit(work.named(name)));
    expect(work.started).toEqual(['a', 'b']);
    work.end('b');
    expect(await b).toBe('b');
    expect(work.started).toEqual(['a', 'b', 'c']);
    work.end('a');
    work.end('c');
    await Promise.all([a, c]);
    work.end('d');
    expect(await d).toBe('d');
  });

  it('gives the place of failed work to the next', async () => {
    const work = createWork();
    const limit = createLimit(1);
    const [a, b] = ['a', 'b'].map((name) => limit(work.named(name)));
    work.fail('a');
    await expect(a).rejects.toThrow('a');
    work.end('b');
    expect(await b).toBe('b');
    expect(work.started).toEqual(['a', 'b']);
  });
});
