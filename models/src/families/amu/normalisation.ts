/** Of every batch normalisation of this family: the defaults of the framework in which it was published. */
export const normEps = 1e-5;
/** Share of the old moving average that stays after a batch. */
export const normMomentum = 0.9;
