const mebibyte = 2 ** 20;

/** Plain bytes of a blob in one frame. */
export const frameBytes = mebibyte;
/** Largest websocket message: one frame, its header and seal, and a little room. */
export const maxMessageBytes = frameBytes + 4096;
/** Unacknowledged bytes that one transfer may have under way. */
export const windowBytes = 8 * mebibyte;
/** Transfers that run at once, each way, on a coordinator. */
export const maxTransfers = 16;
/** All windows of a coordinator together. */
export const maxWindowBytes = 128 * mebibyte;
/** A transfer without progress for this long gives up its place. */
export const transferIdleMs = 30_000;
/** Largest statistics, report or contract blob. Update blobs are limited by the model's own size. */
export const maxSmallBlobBytes = 64 * mebibyte;
/** A site sends its status at least this often. */
export const heartbeatMs = 5_000;
