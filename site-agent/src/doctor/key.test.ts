import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentity, issueCertificate } from '@consilium/shared/crypto';
import { coded } from '@consilium/shared/errors';
import { consortiumId, siteId } from '@consilium/shared/ids';
import type { Welcome } from '@consilium/shared/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepStanding, lockHome, makeHome, type SiteHome, siteHome } from '../config/index.js';
import { lockByAnother } from '../testing/foreign-lock.js';
import { examineKey, type Prove } from './key.js';

const lead = createIdentity();
const own = createIdentity();
const consortium = consortiumId.parse('c'.repeat(32));
const enrolment = {
  address: 'https://consilium.example.org',
  lead: lead.publicKey,
  consortium,
  site: siteId.parse('north'),
};
const certificate = issueCertificate(lead, {
  consortium,
  role: 'site',
  id: 'north',
  publicKey: own.publicKey,
  revision: 1,
  revoked: false,
});
const welcomed =
  (standing: Welcome['standing']): Prove =>
  async () => ({ type: 'welcome', standing, certificate: null });
const nobody: Prove = () => expect.fail('a running agent must keep its session');

let home: SiteHome;
beforeEach(async () => {
  home = siteHome(await mkdtemp(join(tmpdir(), 'consilium-key-')));
  await makeHome(home);
});
afterEach(() => rm(home.folder, { recursive: true, force: true }));

describe('the examination of the key', () => {
  it('asks the coordinator, and lets go of the home', async () => {
    expect(await examineKey(home, enrolment, welcomed('approved'))).toMatchObject({
      state: 'ok',
      text: 'site north is approved by the lead',
    });
    expect(await examineKey(home, enrolment, welcomed('pending'))).toMatchObject({
      state: 'warning',
      code: 'CSM-DOCTOR-KEY-PENDING',
    });
    await (await lockHome(home))();
  });

  it('tells why the key was not proven', async () => {
    const refused = () => Promise.reject(coded('CSM-KEY-PASSPHRASE', { file: 'site.key' }));
    expect(await examineKey(home, enrolment, refused)).toMatchObject({ state: 'fault', code: 'CSM-KEY-PASSPHRASE' });
  });

  it('tells of a next key that the lead approved while no agent ran', async () => {
    const replaced = () => Promise.reject(coded('CSM-SITE-REPLACED', { site: 'north' }));
    expect(await examineKey(home, enrolment, replaced)).toMatchObject({ state: 'fault', code: 'CSM-SITE-REPLACED' });
    await writeFile(home.nextKey, '{}');
    expect(await examineKey(home, enrolment, replaced)).toMatchObject({
      state: 'warning',
      code: 'CSM-DOCTOR-KEY-NEXT',
    });
  });

  it('leaves a running agent its session and reads the certificate that it kept', async () => {
    await lockByAnother(home.lock);
    expect(await examineKey(home, enrolment, nobody)).toMatchObject({ code: 'CSM-DOCTOR-KEY-PENDING' });
    await keepStanding(home, { ...enrolment, publicKey: own.publicKey }, { certificate, coordinatorRevision: 1 });
    expect(await examineKey(home, enrolment, nobody)).toMatchObject({
      state: 'ok',
      text: expect.stringContaining('the agent runs here (process 1)'),
      facts: { agentRuns: true },
    });
  });
});
