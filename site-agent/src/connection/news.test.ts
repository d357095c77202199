import { expect, it } from 'vitest';
import { createNews } from './news.js';

it('a listener is told the newest at once and every change until it stops', () => {
  const news = createNews<{ n: number }>();
  news.tell({ n: 1 });
  const heard: number[] = [];
  const stop = news.listen(({ n }) => heard.push(n));
  news.tell({ n: 2 });
  stop();
  news.tell({ n: 3 });
  expect(heard).toEqual([1, 2]);
  expect(news.newest()).toEqual({ n: 3 });
});

it('who waits gets the next value, or the reason why there will be none', async () => {
  const news = createNews<{ n: number }>();
  const leaver = new AbortController();
  const gone = news.next(leaver.signal);
  leaver.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  await expect(news.next(leaver.signal)).rejects.toThrow('gone');
  const waiting = news.next(new AbortController().signal);
  news.tell({ n: 1 });
  await expect(waiting).resolves.toEqual({ n: 1 });
  await expect(news.next(new AbortController().signal)).resolves.toEqual({ n: 1 });
  news.clear();
  expect(news.newest()).toBeNull();
});
