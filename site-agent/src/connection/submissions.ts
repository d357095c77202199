import { type CodedError, fromWire } from '@consilium/shared/errors';
import type { BlobHash, RunId, StepId } from '@consilium/shared/ids';
import type { Deferred, SignedManifest, SiteMessage, Verdict } from '@consilium/shared/wire';

interface Waiting {
  readonly message: SiteMessage;
  readonly verdict: Promise<Verdict>;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: CodedError) => void;
}

/** Contributions handed in and not yet judged. They outlive the link that they were sent on. */
export interface Submissions {
  submit(contribution: SignedManifest): Promise<Verdict>;
  settle(judgement: Verdict | Deferred): void;
  /** Sends all again, on a new link: judging is idempotent. */
  sendAll(): void;
  end(error: CodedError): void;
}

export function createSubmissions(send: (message: SiteMessage) => void): Submissions {
  const waiting = new Map<string, Waiting>();

  return {
    submit(contribution) {
      const key = keyOf(contribution.manifest);
      const known = waiting.get(key);
      if (known !== undefined) return known.verdict;
      const message: SiteMessage = { type: 'submit', contribution };
      let resolve: Waiting['resolve'] = () => {};
      let reject: Waiting['reject'] = () => {};
      const verdict = new Promise<Verdict>((fulfil, refuse) => {
        resolve = fulfil;
        reject = refuse;
      });
      waiting.set(key, { message, verdict, resolve, reject });
      send(message);
      return verdict;
    },
    settle(judgement) {
      const key = keyOf(judgement);
      const asked = waiting.get(key);
      waiting.delete(key);
      if (judgement.type === 'verdict') asked?.resolve(judgement);
      else asked?.reject(fromWire(judgement.error));
    },
    sendAll() {
      for (const { message } of waiting.values()) send(message);
    },
    end(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

const keyOf = ({ run, step, hash }: { readonly run: RunId; readonly step: StepId; readonly hash: BlobHash }): string =>
  `${run} ${step} ${hash}`;
