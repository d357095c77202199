import { describe, expect, it } from 'vitest';
import { asCoded, coded, explain, placesOf } from './index.js';

describe('an error that is shown', () => {
  it('moves no cursor and adds no line of its own, whatever the other side told', () => {
    const told = coded('CSM-CONTRACT-FOREIGN', { consortium: '\u001b[2J\u001b[Hx\r\nCSM-INTERNAL: \u009b1A\u0007' });
    const text = explain(told);
    expect(text.split('\n')).toHaveLength(2);
    expect(text.replace('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).toContain('\ufffd[2J');
  });

  it('says of a fact that did not come with it that it was not told', () => {
    expect(explain(asCoded(new RangeError('x')))).toContain('An unexpected fault (RangeError).');
    expect(coded('CSM-DATA-COLUMN', { file: 'a.csv', column: 'kind' }).message).toBe('a.csv has no column kind.');
  });
});

describe('the places of a fault', () => {
  const read = (text: string): Error => {
    try {
      return JSON.parse(text) as never;
    } catch (thrown) {
      return thrown as Error;
    }
  };

  it('are told without a word of its message, however many lines it has', () => {
    for (const message of ['Mary\nborn 1931\n', '"Mary" is not valid JSON', '[\n  {\n    at Mary (1931)\n']) {
      const fault = new TypeError(message);
      expect(placesOf(fault)).not.toMatch(/Mary|1931/);
      expect(placesOf(fault)).toMatch(/^TypeError\n +at .*coded-error\.test/);
    }
    expect(placesOf(read('Mary 1931'))).not.toMatch(/Mary|1931/);
  });

  it('are told without it where it was changed after the fault, or there are none', () => {
    const fault = new Error('first\nMary');
    fault.message = 'second';
    expect(placesOf(fault)).not.toMatch(/first|second|Mary/);
    delete fault.stack;
    expect(placesOf(fault)).toBe('Error');
  });
});
