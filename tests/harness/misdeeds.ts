import type { BlobHash, RunId, StepId } from '@consilium/shared/ids';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import type { ContributionManifest, SignedManifest } from '@consilium/shared/wire';
import { type Contribute, type Deliver, honest } from './light-site.js';

/** A way in which a site misbehaves in a training round, and what it is told. */
export interface Misdeed {
  readonly contribute?: Contribute;
  readonly deliver?: Deliver;
  /** Code of its verdict, or of the fault with which its delivery ended. */
  readonly code: string;
  /** What the journal and the run's coverage give as the cause: the refusal of its blob, or else that nothing came. */
  readonly cause: string;
}

const nothingCame = 'CSM-RUN-SITE-IDLE';

/** @param word the signed manifest of a site that keeps to the rules */
export const misdeeds = (word: Promise<SignedManifest>): Readonly<Record<string, Misdeed>> => ({
  'sends-nan': sending('CSM-UPDATE-NOT-FINITE', altered(at(5, Number.NaN))),
  'sends-infinity': sending('CSM-UPDATE-NOT-FINITE', altered(at(-1, Number.NEGATIVE_INFINITY))),
  'sends-too-far': sending('CSM-UPDATE-NORM', altered(at(0, 1e30))),
  'sends-other-tensors': sending('CSM-UPDATE-LAYOUT', async (task) => {
    const { layout, ...rest } = decodeWeights(await honest(task));
    return encodeWeights({ ...rest, layout: layout.map(({ name, shape }) => ({ name: name.toUpperCase(), shape })) });
  }),
  'sends-too-little': sending('CSM-UPDATE-SIZE', async (task) => (await honest(task)).slice(0, -4)),
  'sends-too-much': {
    contribute: async (task) => Buffer.concat([await honest(task), new Uint8Array(4)]),
    code: 'CSM-UPDATE-SIZE',
    cause: nothingCame,
  },
  'names-another-round': claiming('CSM-UPDATE-ROUND', () => ({ step: 'train:0:2' as StepId })),
  'names-another-run': claiming('CSM-RUN-UNKNOWN', ({ run }) => ({ run: other(run) as RunId })),
  'names-another-base': claiming('CSM-UPDATE-BASE', ({ base }) => ({ base: other(base!) as BlobHash })),
  'names-another-contract': claiming('CSM-UPDATE-CONTRACT', ({ contract }) => ({
    contract: other(contract) as BlobHash,
  })),
  'names-more-samples': claiming('CSM-UPDATE-SAMPLES', ({ samples }) => ({ samples: samples + 1 })),
  'sends-other-bytes': delivering('CSM-SPOOL-DIGEST', async ({ upload, submit, manifest }) => {
    await upload(undefined, other(manifest.hash) as BlobHash);
    return submit();
  }),
  'sends-no-bytes': delivering('CSM-UPDATE-NO-BLOB', ({ submit }) => submit()),
  'signs-wrongly': delivering('CSM-UPDATE-SIGNATURE', async ({ upload, submit, manifest }) => {
    await upload();
    return submit({ manifest, signature: (await word).signature });
  }),
  'passes-on-a-manifest': delivering('CSM-UPDATE-SITE', async ({ upload, submit }) => {
    await upload();
    return submit(await word);
  }),
  'takes-anothers-blob': delivering('CSM-UPDATE-NO-BLOB', async ({ submit, sign, manifest }) =>
    submit(sign({ ...manifest, hash: (await word).manifest.hash })),
  ),
});

/** A blob that is looked at and found wrong. */
const sending = (code: string, contribute: Contribute): Misdeed => ({ contribute, code, cause: code });

const delivering = (code: string, deliver: Deliver): Misdeed => ({ deliver, code, cause: nothingCame });

/** An honest blob under a manifest that says something else. */
const claiming = (code: string, change: (manifest: ContributionManifest) => Partial<ContributionManifest>): Misdeed =>
  delivering(code, async ({ upload, submit, sign, manifest }) => {
    await upload();
    return submit(sign({ ...manifest, ...change(manifest) }));
  });

const altered =
  (change: (values: Float32Array) => void): Contribute =>
  async (task) => {
    const update = decodeWeights(await honest(task));
    change(update.values);
    return encodeWeights(update);
  };

const at = (index: number, value: number) => (values: Float32Array) => {
  values[index < 0 ? values.length + index : index] = value;
};

/** Another id of the same form. */
const other = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
