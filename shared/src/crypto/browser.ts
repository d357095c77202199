// What of this room runs in a page: no handshake and no channel, which are between a site and a coordinator.
export { type Random, toText } from './bytes.js';
export * from './certificate.js';
export * from './enrolment.js';
export * from './key-change.js';
export {
  createIdentity,
  fingerprint,
  type Identity,
  identityOf,
  publicKeyBytes,
  secretKeyBytes,
  sign,
  verify,
} from './keys.js';
export * from './secret.js';
