import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { type Log, maxSiteSubmissions, type SignedManifest, sendable } from '@consilium/shared/wire';
import type { GatewayHandlers, Judgement } from './ports.js';

/** A site's contributions on their way to a verdict. */
export interface Judging {
  /** Has a contribution judged and answers with the verdict, or with why there is none yet. Never throws. */
  submit(contribution: SignedManifest): void;
}

export interface JudgingServices {
  readonly onSubmit: GatewayHandlers['onSubmit'];
  readonly log: Log;
}

export function createJudging(
  site: SiteId,
  answer: (judgement: Judgement) => void,
  { onSubmit, log }: JudgingServices,
): Judging {
  let waiting = 0;

  async function judge(contribution: SignedManifest): Promise<Judgement> {
    const { run, step, hash } = contribution.manifest;
    const defer = (error: CodedError): Judgement => ({ type: 'deferred', run, step, hash, error: sendable(error) });
    if (waiting >= maxSiteSubmissions) return defer(coded('CSM-TRANSFER-LIMIT', { limit: maxSiteSubmissions }));
    waiting++;
    try {
      return await onSubmit(site, contribution);
    } catch (thrown) {
      const error = asCoded(thrown);
      const err = error.code === 'CSM-INTERNAL' ? error.cause : undefined;
      log.warn({ site, code: error.code, details: error.details, err }, 'a contribution could not be judged now');
      return defer(error);
    } finally {
      waiting--;
    }
  }

  return {
    submit: (contribution) => void judge(contribution).then(answer),
  };
}
