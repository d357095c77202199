import { describe } from 'vitest';
import { isRequired, rungOf } from '../../testing/index.js';
import { kernelsAgree } from './kernels.conformance.js';

process.env.CONSILIUM_INSTRUCTIONS = 'baseline'; // read when the first of our operations runs

const { absence } = await rungOf('native', 'cpu');
const skipped = absence !== null && !isRequired('native');

describe.skipIf(skipped)(
  `native kernels with the instructions of baseline${skipped ? ` (skipped: ${absence})` : ''}`,
  () => {
    kernelsAgree();
  },
);
