import { coded } from '@consilium/shared/errors';
import { describe, expect, it } from 'vitest';
import { problemOf, statusOf } from './problem.js';

describe('what a caller hears of a fault', () => {
  it('names a file of the coordinator without the folders that it lies in', () => {
    const error = coded('CSM-HOME-UNREADABLE', { file: '/srv/consilium/coordinator.key.next', reason: 'EACCES' });
    expect(problemOf(error).error).toMatchObject({
      code: 'CSM-HOME-UNREADABLE',
      message: 'The file coordinator.key.next cannot be read (EACCES).',
      details: { file: 'coordinator.key.next', reason: 'EACCES' },
    });
    expect(statusOf(error.code)).toBe(500);
  });

  it('keeps every other fact as it is', () => {
    const error = coded('CSM-API-TOO-LARGE', { limit: 4096 });
    expect(problemOf(error).error).toEqual({
      ...{ code: error.code, message: error.message, remedy: error.remedy },
      details: { limit: 4096 },
    });
    expect(statusOf(error.code)).toBe(413);
  });
});
