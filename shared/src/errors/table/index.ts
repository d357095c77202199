import { agreementErrors } from './agreement.js';
import { dataErrors } from './data.js';
import { deskErrors } from './desk.js';
import { doctorErrors } from './doctor.js';
import { keysErrors } from './keys.js';
import { modelErrors } from './model.js';
import { nativeErrors } from './native.js';
import { runErrors } from './run.js';
import { siteErrors } from './site.js';
import { storageErrors } from './storage.js';
import { verifyErrors } from './verify.js';
import { wireErrors } from './wire.js';

/**
 * Every coded error, by code. Codes are for ever: one that no longer occurs is removed, never given a new meaning.
 * In each file they are sorted by name.
 */
export const errorTable = {
  ...agreementErrors,
  ...dataErrors,
  ...deskErrors,
  ...doctorErrors,
  ...keysErrors,
  ...modelErrors,
  ...nativeErrors,
  ...runErrors,
  ...siteErrors,
  ...storageErrors,
  ...verifyErrors,
  ...wireErrors,
} as const;
