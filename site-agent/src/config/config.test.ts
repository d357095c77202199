import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentity, issueCertificate } from '@consilium/shared/crypto';
import { consortiumId, siteId } from '@consilium/shared/ids';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockByAnother } from '../testing/foreign-lock.js';
import {
  type Disk,
  keepStanding,
  lockHome,
  makeHome,
  makeKey,
  openKey,
  parseSettings,
  readSettings,
  readStanding,
  realDisk,
  type SiteHome,
  siteHome,
  writeSettings,
  writeWhole,
} from './index.js';

let folder: string;
let home: SiteHome;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-home-'));
  home = siteHome(join(folder, 'home'));
  await makeHome(home);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('site.yaml', () => {
  it('is read as it was written, with paths from its own folder', async () => {
    await writeSettings(home.settings, { data: { directory: '../tables' }, ca: 'root.pem', threads: 4 });
    expect(await readSettings(home.settings)).toEqual({
      data: { directory: join(folder, 'tables'), synthetic: false },
      backend: 'auto',
      device: 'any',
      threads: 4,
      ca: join(home.folder, 'root.pem'),
    });
  });

  it('names the files of any role, and of those alone', () => {
    const { data } = parseSettings('data: { directory: x, files: { samples: own.csv } }\n', 'site.yaml');
    expect(data.files).toEqual({ samples: 'own.csv' });
  });

  it.each([
    ['data: { directory: x }\nbackend: cuda\n', 2, 'backend'],
    ['data: { directory: x }\nbackend: native\ndevice: cuda\n', 3, 'device'],
    ['data:\n  directory: x\n  rows: { column: a }\n', 3, 'data.rows.equals'],
    ['data:\n  directory: x\n  folder: y\n', 3, 'data.folder'],
    ['data: { directory: x }\nproxi: http://p\n', 2, 'proxi'],
    ['data: { directory: [x\n', 2, 'the YAML text'],
    ['', 1, 'the whole file'],
  ])('names line and setting of a fault: %j', (text, line, setting) => {
    expect(() => parseSettings(text, 'site.yaml')).toThrow(
      expect.objectContaining({ code: 'CSM-SITECONFIG-INVALID', details: expect.objectContaining({ line, setting }) }),
    );
  });

  it('is settings or a coded error, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:-{}[],\n #&*!|>%@`"\'') }), (text) => {
        try {
          parseSettings(text, 'site.yaml');
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'CSM-SITECONFIG-INVALID' });
        }
      }),
    );
  });

  it('says so when it is missing', async () => {
    await expect(readSettings(home.settings)).rejects.toMatchObject({ code: 'CSM-SITECONFIG-MISSING' });
  });
});

describe('a file that is written whole or not at all', () => {
  const noRoom = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' }));

  it.each(['writeFile', 'sync', 'rename'] as const)('leaves nothing behind where %s finds no room', async (call) => {
    const disk: Disk = {
      ...realDisk,
      open: (async (...given: Parameters<Disk['open']>) => {
        const file = await realDisk.open(...given);
        return call === 'rename' ? file : Object.assign(file, { [call]: noRoom });
      }) as Disk['open'],
      ...(call === 'rename' && { rename: noRoom }),
    };
    const path = join(folder, 'policy.yaml');
    await writeWhole(path, 'before');
    const files = await readdir(folder);
    await expect(writeWhole(path, 'after', disk)).rejects.toMatchObject({
      ...{ code: 'CSM-AGENT-DISK', details: { file: 'policy.yaml', reason: 'ENOSPC' } },
    });
    expect(await readFile(path, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(files);
  });
});

describe('the home', () => {
  it('is entered by its owner alone', async () => {
    for (const path of [home.folder, home.runs, home.reports]) expect((await stat(path)).mode & 0o777).toBe(0o700);
    await makeKey(home, 'long enough');
    expect((await stat(home.key)).mode & 0o777).toBe(0o600);
  });

  it('opens its key with its passphrase alone', async () => {
    const identity = await makeKey(home, 'long enough');
    expect((await openKey(home, 'long enough')).publicKey).toBe(identity.publicKey);
    await expect(openKey(home, 'another one')).rejects.toMatchObject({ code: 'CSM-KEY-PASSPHRASE' });
    await expect(openKey(siteHome(folder), 'x')).rejects.toMatchObject({ code: 'CSM-CLISITE-NOT-ENROLLED' });
  });

  it('keeps a certificate of its own key, and no other', async () => {
    const [lead, own, other] = [createIdentity(), createIdentity(), createIdentity()];
    const consortium = consortiumId.parse('c'.repeat(32));
    const site = siteId.parse('north');
    const trust = { address: 'https://c.example', lead: lead.publicKey, consortium, site, publicKey: own.publicKey };
    const of = ({ publicKey }: { publicKey: typeof own.publicKey }) =>
      issueCertificate(lead, { consortium, role: 'site', id: 'north', publicKey, revision: 1, revoked: false });
    await keepStanding(home, trust, { certificate: of(own), coordinatorRevision: 2 });
    expect(await readStanding(home)).toEqual({ certificate: of(own), coordinatorRevision: 2 });
    await expect(keepStanding(home, trust, { certificate: of(other), coordinatorRevision: 2 })).rejects.toMatchObject({
      code: 'CSM-KEY-CERTIFICATE',
    });
  });
});

describe('the lock', () => {
  it('refuses a second agent while the first runs', async () => {
    await lockByAnother(home.lock);
    await expect(lockHome(home)).rejects.toMatchObject({ code: 'CSM-AGENT-IN-USE', details: { pid: 1 } });
  });

  it.each(['', 'nonsense', '1 17', '99999999 5'])('takes over from a process that is gone: %j', async (left) => {
    await writeFile(home.lock, left);
    const unlock = await lockHome(home);
    expect(await readFile(home.lock, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    await unlock();
    await expect(stat(home.lock)).rejects.toThrow();
  });
});
