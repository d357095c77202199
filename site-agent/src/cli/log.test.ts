import { expect, it } from 'vitest';
import { readableLine } from './log.js';

it('a notice of the coordinator does not move the cursor of the hospital’s terminal', () => {
  const event = {
    ...{ level: 40, time: '2026-01-02T03:04:05.000Z', msg: 'notice of the coordinator\u001b[1A' },
    ...{ code: 'CSM-KEY-TWO-AGENTS', details: { site: 'north\u001b[2J\u001b[Hall is well\r' } },
    ...{ from: 'a\u0007b', step: 'train:0:1', err: { message: 'hidden' } },
  };
  const shown = readableLine(JSON.stringify(event)).split('\n');
  expect(shown).toHaveLength(3);
  expect(shown.join('')).not.toMatch(/\p{Cc}/u);
  expect(shown[0]).toMatch(/^\d\d:\d\d:\d\d WARN notice of the coordinator\ufffd\[1A$/);
  expect(shown[1]).toBe(
    'CSM-KEY-TWO-AGENTS: Two agents use the key of site north\ufffd[2J\ufffd[Hall is well\ufffd by turns.',
  );
  expect(shown[2]).toContain('Stop one of them.');
  expect(shown[2]).toMatch(/ {2}from a\ufffdb {2}step train:0:1$/);
});
