import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { exampleView, type FakeRuns, fakeRuns } from './testing/fake-runs.js';
import { openStage, refusalOf, type Stage } from './testing/stage.js';

const view = exampleView();
let runs: FakeRuns;
let stage: Stage;

beforeEach(async () => {
  runs = fakeRuns([view]);
  stage = await openStage({ runs });
});
afterEach(() => stage.close());

/** Reads events until one fulfils the condition. */
async function until(response: Response, wanted: (name: string, data: unknown) => boolean): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [, name = '', data = 'null'] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      if (wanted(name, JSON.parse(data))) return;
    }
  }
  throw new Error('the stream ended');
}

it('a run is shown at once and after each change', async () => {
  const response = await stage.call('GET', `/api/events?run=${view.run}`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let seen = 0;
  await until(response, (name, data) => {
    if (name !== 'view') return false;
    seen += 1;
    if (seen === 1) runs.show({ ...view, round: 10 });
    return typeof data === 'object' && data !== null && 'round' in data && data.round === 10;
  });
  expect(seen).toBe(2);
});

it('the list of runs and the list of sites come together', async () => {
  const names: string[] = [];
  await until(await stage.call('GET', '/api/events'), (name) => names.push(name) === 2);
  expect(names).toEqual(['runs', 'sites']);
});

it('an unknown run is refused before the stream', async () => {
  const response = await stage.call('GET', `/api/events?run=${'0'.repeat(32)}`);
  expect(await refusalOf(response)).toMatchObject({ status: 404, code: 'CSM-RUN-UNKNOWN' });
});

it('however many ask at one time, there are no more streams than places, and a place that was left is free', async () => {
  const asked = 120;
  let waiting = 0;
  let look = (): void => {};
  const together = new Promise<void>((resolve) => {
    look = resolve;
  });
  await stage.close();
  const slow: FakeRuns = {
    ...runs,
    async view(run) {
      waiting += 1;
      if (waiting === asked) look();
      await together;
      return runs.view(run);
    },
  };
  stage = await openStage({ runs: slow });
  const answers = await Promise.all(
    Array.from({ length: asked }, () => stage.call('GET', `/api/events?run=${view.run}`)),
  );
  const open = answers.filter(({ ok }) => ok);
  expect(open.length).toBeGreaterThan(0);
  for (const answer of answers.filter(({ ok }) => !ok)) {
    expect(await refusalOf(answer)).toMatchObject({ code: 'CSM-API-BUSY', details: { limit: open.length } });
  }
  expect(open.length).toBeLessThan(answers.length);
  await open.pop()?.body?.cancel();
  const next = await vi.waitFor(
    async () => {
      const answer = await stage.call('GET', '/api/events');
      expect(answer.ok).toBe(true);
      return answer;
    },
    { timeout: 120_000 },
  );
  for (const { body } of [...open, next]) await body?.cancel();
});

it('streams end when the API closes', async () => {
  const response = await stage.call('GET', '/api/events');
  const text = response.text();
  stage.api.close();
  expect(await text).toContain('event: runs');
});
