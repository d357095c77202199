import { type CodedError, fromWire } from '@consilium/shared/errors';
import type { BlobHash, RunId, StepId } from '@consilium/shared/ids';
import type { Deferred, SignedManifest, SiteMessage, Verdict } from '@consilium/shared/wire';

export interface SubmitOptions {
  /** Takes the contribution back: it is not handed in again. */
  readonly signal?: AbortSignal;
  /** Asked before each sending. What it throws takes the contribution back. */
  readonly allow?: () => Promise<void>;
}

interface Waiting {
  readonly message: SiteMessage;
  readonly allow: SubmitOptions['allow'];
  readonly verdict: Promise<Verdict>;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (reason: unknown) => void;
}

/** Contributions handed in and not yet judged. They outlive the link that they were sent on. */
export interface Submissions {
  submit(contribution: SignedManifest, options?: SubmitOptions): Promise<Verdict>;
  settle(judgement: Verdict | Deferred): void;
  /** Sends all again, on a new link: judging is idempotent. */
  sendAll(): void;
  end(error: CodedError): void;
}

export function createSubmissions(send: (message: SiteMessage) => void): Submissions {
  const waiting = new Map<string, Waiting>();

  function withdraw(key: string, asked: Waiting, reason: unknown): void {
    if (waiting.get(key) === asked) waiting.delete(key);
    asked.reject(reason);
  }

  async function handIn(key: string, asked: Waiting): Promise<void> {
    try {
      if (asked.allow !== undefined) await asked.allow();
    } catch (thrown) {
      return withdraw(key, asked, thrown);
    }
    if (waiting.get(key) === asked) send(asked.message);
  }

  return {
    submit(contribution, { signal, allow } = {}) {
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
      const asked: Waiting = { message, allow, verdict, resolve, reject };
      waiting.set(key, asked);
      const leave = () => withdraw(key, asked, signal?.reason);
      signal?.addEventListener('abort', leave, { once: true });
      if (signal?.aborted) leave();
      else void handIn(key, asked);
      return verdict.finally(() => signal?.removeEventListener('abort', leave));
    },
    settle(judgement) {
      const key = keyOf(judgement);
      const asked = waiting.get(key);
      waiting.delete(key);
      if (judgement.type === 'verdict') asked?.resolve(judgement);
      else asked?.reject(fromWire(judgement.error));
    },
    sendAll() {
      for (const [key, asked] of waiting) void handIn(key, asked);
    },
    end(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

const keyOf = ({ run, step, hash }: { readonly run: RunId; readonly step: StepId; readonly hash: BlobHash }): string =>
  `${run} ${step} ${hash}`;
