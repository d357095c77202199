import type { TransferFrame } from '@consilium/shared/crypto';
import { type CodedError, coded, fail, fromWire, leaving } from '@consilium/shared/errors';
import { type CoordinatorMessage, type Open, sendable, windowBytes } from '@consilium/shared/wire';
import type { Link } from './link.js';

type Answer =
  | Extract<CoordinatorMessage, { type: 'opened' | 'ack' | 'committed' | 'abort' }>
  | ({ readonly type: 'frame' } & TransferFrame);

type Expected = Exclude<Answer, { type: 'abort' }>;

/** One transfer on one link, as a conversation: say something, then wait for the answer that is due. */
export interface TransferLine {
  readonly transfer: number;
  open(request: Omit<Open, 'type' | 'transfer'>): void;
  ack(offset: number): void;
  commit(): void;
  frame(offset: number, bytes: Uint8Array): void;
  /**
   * The next answer, which must be of this type.
   * @throws the coordinator's coded error when it ended the transfer, the link's when the link ended
   */
  expect<Type extends Expected['type']>(type: Type): Promise<Extract<Expected, { type: Type }>>;
  /** Forgets the transfer, so that nothing waits for it any more; with an error, tells the coordinator. */
  end(error?: CodedError): void;
}

/** All transfers of one link. */
export interface TransferLines {
  begin(): TransferLine;
  /** Hands on what came. @throws CSM-WIRE-MALFORMED for a transfer never begun, CSM-TRANSFER-WINDOW for too much at once */
  take(answer: Answer): void;
}

export function createTransferLines(link: Link): TransferLines {
  const inboxes = new Map<number, (answer: Answer) => void>();
  let newest = -1;

  function begin(): TransferLine {
    newest += 1;
    const transfer = newest;
    const waiting: Answer[] = [];
    let queuedBytes = 0;
    let over: CodedError | null = null;
    let wake: () => void = () => {};
    const wakeUp = () => wake();

    inboxes.set(transfer, (answer) => {
      if (answer.type === 'frame') queuedBytes += answer.bytes.length;
      if (queuedBytes > windowBytes) fail('CSM-TRANSFER-WINDOW');
      waiting.push(answer);
      wake();
    });
    link.ended.addEventListener('abort', wakeUp);

    async function next(): Promise<Answer> {
      for (;;) {
        if (over !== null) throw over;
        link.ended.throwIfAborted();
        const answer = waiting.shift();
        if (answer?.type === 'frame') queuedBytes -= answer.bytes.length;
        if (answer !== undefined) return answer;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }

    const isOf = <Type extends Expected['type']>(
      answer: Answer,
      type: Type,
    ): answer is Extract<Expected, { type: Type }> => answer.type === type;

    return {
      transfer,
      open: (request) => link.send({ type: 'open', transfer, ...request }),
      ack: (offset) => link.send({ type: 'ack', transfer, offset }),
      commit: () => link.send({ type: 'commit', transfer }),
      frame: (offset, bytes) => link.sendFrame({ transfer, offset, bytes }),
      async expect(type) {
        const answer = await next();
        if (isOf(answer, type)) return answer;
        if (answer.type === 'abort') throw fromWire(answer.error);
        throw coded('CSM-WIRE-MALFORMED', { path: 'type' });
      },
      end(error) {
        if (!inboxes.delete(transfer)) return;
        link.ended.removeEventListener('abort', wakeUp);
        if (error !== undefined) link.send({ type: 'abort', transfer, error: sendable(leaving(error)) });
        over = error ?? coded('CSM-TRANSFER-CLOSED');
        wake();
      },
    };
  }

  return {
    begin,
    take(answer) {
      if (answer.transfer > newest) fail('CSM-WIRE-MALFORMED', { path: 'transfer' });
      inboxes.get(answer.transfer)?.(answer);
    },
  };
}
