import { coded } from '@consilium/shared/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { examination, type Finding, fault, fine, warning, worstOf } from './finding.js';
import { showFinding, showSum } from './show.js';

const disk = warning('Disk', coded('CSM-DOCTOR-DISK', { free: '1.0 GiB', folder: '/srv/site', least: '5.0 GiB' }));

describe('findings for people', () => {
  it('are a line each: state, what, text', () => {
    expect(showFinding(fine('Node', '20.19.0'))).toBe('ok       Node      20.19.0');
  });

  it('have code and remedy where something is wrong, folded to the terminal', () => {
    expect(showFinding(disk)).toMatch(/^warning {2}Disk {6}CSM-DOCTOR-DISK: Only 1\.0 GiB .*\n {19}Free some space/);
    for (const line of showFinding(disk, 80).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(showFinding(disk, 80).split('\n').length).toBeGreaterThan(2);
  });

  it('keep the lines of a table as they are, and a very narrow terminal folds by itself', () => {
    const table = fine('Data', 'x', { lines: ['patients  10'] });
    expect(showFinding(table, 60)).toBe('ok       Data      x\n                   patients  10');
    expect(showFinding(disk, 40).split('\n')).toHaveLength(2);
  });

  it('lose no word in folding', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 20, max: 120 }), (text, width) => {
        const words = (shown: string) => shown.split(/\s+/).filter((word) => word !== '');
        const found = fine('Node', text);
        expect(words(showFinding(found, width))).toEqual(words(showFinding(found)));
      }),
    );
  });

  it('do not move the cursor', () => {
    expect(showFinding(fine('GPU', 'a\u001b[2Jb'))).not.toContain('\u001b');
  });

  it('are summed up', () => {
    const broken = fault('Node', new TypeError('x'));
    expect(showSum([fine('Node', 'x')])).toBe('Nothing is wrong.');
    expect(showSum([disk, broken, broken])).toBe('2 faults, 1 warning.');
    expect(worstOf([fine('Node', 'x'), disk])).toBe('warning');
    expect(worstOf([disk, broken])).toBe('fault');
    expect(worstOf([])).toBe('ok');
  });
});

it('findings for scripts have a form of their own', () => {
  const findings: readonly Finding[] = [disk];
  const record = { format: 'consilium-doctor-1', version: '1.0.0', time: '2026-01-01T00:00:00.000Z', findings };
  expect(examination.parse({ ...record, state: 'warning' })).toMatchObject({ findings: [{ what: 'Disk' }] });
  expect(examination.safeParse({ ...record, state: 'warning', more: 1 }).success).toBe(false);
});
