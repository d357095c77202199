const mebibyte = 2 ** 20;

/** Plain bytes of a blob in one frame. */
export const frameBytes = mebibyte;
/** Largest websocket message: one frame, its header and seal, and a little room. */
export const maxMessageBytes = frameBytes + 4096;
/** Unacknowledged bytes that one transfer may have under way. */
export const windowBytes = 8 * mebibyte;
/** The same when many transfers run: none of them needs the whole line then. */
export const narrowWindowBytes = mebibyte;
/** Transfers that run at once, each way, on a coordinator. */
export const maxTransfers = 16;
/** All windows of a coordinator together. A handful of sites uses it up, so that more of them take no more memory. */
export const maxWindowBytes = 32 * mebibyte;
/** Largest blob of any other kind that a site fetches: Node reads no larger file at once. */
export const maxFetchedBytes = 2 ** 31 - 1;
/** A transfer without progress for this long gives up its place. */
export const transferIdleMs = 30_000;
/** Largest statistics, report or contract blob. Update blobs are limited by the model's own size. */
export const maxSmallBlobBytes = 64 * mebibyte;
/** A site sends its status at least this often. */
export const heartbeatMs = 5_000;
/** Transfers of one site that run or wait at once. */
export const maxSiteTransfers = 4;
/** Contributions of one site that wait for a verdict at once. */
export const maxSiteSubmissions = 4;
/** Contributions that a coordinator looks through at once, of all sites: each takes a few megabytes meanwhile. */
export const maxJudged = 2;
/** From connection to the site's proof. */
export const handshakeMs = 10_000;
/** Connections without a completed handshake that a coordinator holds; more are cut. */
export const maxUnproven = 256;
/** Of these it talks with so many. Who comes then is told to come again. */
export const maxHandshakes = 192;
/** All that a site says before its proof has been taken: a few kilobytes of keys and signatures. */
export const maxHandshakeBytes = 65_536;
/** Where on a coordinator's address the agents connect. */
export const gatewayPath = '/agents/';

/** Messages that may wait for a peer to read them. */
export const maxUnread = 4_096;
/** And bytes: an honest peer has no more before it than the windows of all its transfers. */
export const maxUnreadBytes = (maxSiteTransfers + 1) * windowBytes;
/** Messages that a site may send at once, and in each second of a long time; acknowledgements of what it fetches come on top. */
export const maxMessages = 2 * maxUnread;
export const maxMessagesPerSecond = 200;
