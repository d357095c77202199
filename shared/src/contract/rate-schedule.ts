import { z } from 'zod';

const share = z.number().min(0).max(1);

/** How a learning rate changes over a stage: what it is multiplied by. */
export const rateSchedule = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('cosine'),
    /** Share of the steps over which the rate rises in a straight line to its full value. */
    warmUp: share.lt(1).default(0),
    /** What remains of it at the end. */
    final: share.default(0),
  }),
  z.strictObject({
    name: z.literal('steps'),
    /** Shares of the steps after which the rate is multiplied by the factor. */
    at: z.array(share).min(1),
    factor: z.number().gt(0).lt(1),
  }),
]);
export type RateSchedule = Readonly<z.output<typeof rateSchedule>>;
