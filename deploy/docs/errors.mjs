// `node deploy/docs/errors.mjs` writes docs/errors.md. Build first: it reads the built table.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorTable } from '@consilium/shared/errors';
import { errorsPage } from './errors-page.mjs';

const page = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));
writeFileSync(page, errorsPage(errorTable));
console.log(`Wrote docs/errors.md: ${Object.keys(errorTable).length} codes.`);
