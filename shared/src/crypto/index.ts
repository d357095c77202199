export { type Random, toText } from './bytes.js';
export * from './certificate.js';
export * from './channel.js';
export * from './chunk.js';
export * from './enrolment.js';
export * from './handshake.js';
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
