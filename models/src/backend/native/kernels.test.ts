import { describe } from 'vitest';
import { isRequired, rungOf } from '../../testing/index.js';
import { withChainsAlone } from './kernel.js';
import { kernelsAgree } from './kernels.conformance.js';

const { absence } = await rungOf('native');
const skipped = absence !== null && !isRequired('native');
const why = skipped ? ` (skipped: ${absence})` : '';

describe.skipIf(skipped)(`native kernels${why}`, () => {
  kernelsAgree();
});

describe.skipIf(skipped)(`native kernels as a GPU runs them${why}`, () => {
  kernelsAgree(withChainsAlone);
});
