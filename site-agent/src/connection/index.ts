export { type Backoff, backoffMs, defaultBackoff } from './backoff.js';
export type { FetchOptions, TransferOptions } from './carrier.js';
export { type Connection, type ConnectionState, type ConnectOptions, connect, type Successor } from './connect.js';
export { digestOf, fileSink, fileSource, memorySink, memorySource } from './files.js';
export { notReached } from './reason.js';
export { type Route, routeTo, type WayOut } from './route.js';
export type { BlobRef, Progress, Sink, Source } from './transfer.js';
