import { randomBytes } from 'node:crypto';
import { invite, signCall } from '@consilium/coordinator/lead';
import { makeContract, signContract } from '@consilium/shared/contract';
import { createIdentity, issueCertificate, sign } from '@consilium/shared/crypto';

const notAfter = new Date(Date.now() + 3_600_000);
const newId = () => randomBytes(16).toString('hex');

/** A lead of a new consortium, as far as a bench needs one. Call `adopt` first. */
export function openLead() {
  const identity = createIdentity();
  const consortium = newId();
  let url = '';
  const certify = (role, id, publicKey) =>
    issueCertificate(identity, { consortium, role, id, publicKey, revision: 1, revoked: false });

  async function call(method, path, content) {
    const body = content === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(content));
    const terms = { method, path, consortium, body, now: new Date(), random: randomBytes };
    const headers = { ...signCall(identity, terms), 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, { method, headers, ...(content === undefined ? {} : { body }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
  const json = async (...request) => JSON.parse(Buffer.from(await call(...request)).toString());

  return {
    publicKey: identity.publicKey,
    consortium,
    call,
    json,
    async adopt(address) {
      url = address;
      const { publicKey } = await json('GET', '/api/identity');
      await json('POST', '/api/certificate', { certificate: certify('coordinator', 'coordinator', publicKey) });
    },
    async invite(site) {
      const { code, told } = invite(identity, { address: url, consortium, site, notAfter, random: randomBytes });
      await json('POST', '/api/invitations', told);
      return code;
    },
    approve: (site, publicKey) =>
      json('POST', `/api/sites/${site}/approve`, { certificate: certify('site', site, publicKey) }),
    /** Signs a run file and starts the run; gives the path of the run in the API. */
    async launch(runFile) {
      const contract = makeContract({ runFile, files: {}, consortium, run: newId(), notAfter });
      const signed = signContract(contract, (domain, bytes) => sign(identity, domain, bytes));
      return `/api/runs/${(await json('POST', '/api/runs', { signed, stepwise: false })).run}`;
    },
  };
}
