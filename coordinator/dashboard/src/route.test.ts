import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, runAddress, runSections } from './route.js';

const run = 'a3f0c2d4e5b60718293a4b5c6d7e8f90';

describe('placeOf', () => {
  it('finds every section of a run by its own address', () => {
    for (const section of runSections) {
      expect(placeOf(runAddress(run, section))).toEqual({ at: 'run', run, section });
    }
  });

  it('takes an unknown section for the first one, and anything else for the runs', () => {
    expect(placeOf(`#/run/${run}/elsewhere`)).toEqual({ at: 'run', run, section: 'now' });
    expect(placeOf('#/run/short')).toEqual({ at: 'runs' });
    expect(placeOf('')).toEqual({ at: 'runs' });
    expect(placeOf('#/sites')).toEqual({ at: 'sites' });
  });

  it('reads a set-up link with and without a name', () => {
    const token = 'x'.repeat(43);
    expect(placeOf(`#setup=${token}`)).toEqual({ at: 'setup', token, name: null });
    expect(placeOf(`#setup=${token}&name=Dr.%20M%C3%BCller`)).toEqual({ at: 'setup', token, name: 'Dr. Müller' });
    expect(placeOf(`#setup=${token}&name=%E0%A4`)).toEqual({ at: 'setup', token, name: null });
  });

  it('never throws, whatever stands in the address bar', () => {
    fc.assert(fc.property(fc.string(), (text) => placeOf(`#${text}`).at.length > 0));
  });
});
