import { extname } from 'node:path';
import type { RunFile, SiteFiles } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';

/** The site's table of a role. @throws CSM-DATA-ROLE where its own file names leave it out */
export const tableRole = (files: SiteFiles, role: 'samples'): string => files[role] ?? fail('CSM-DATA-ROLE', { role });

/** The site's feature files, one or several. @throws CSM-DATA-ROLE */
export function featureFiles({ features }: SiteFiles): readonly string[] {
  if (features === undefined) return fail('CSM-DATA-ROLE', { role: 'features' });
  return typeof features === 'string' ? [features] : features;
}

/** The files of a cohort that are tables with a header; the one that tells most of a sample first. @throws CSM-DATA-ROLE */
export function tablesOf({ kind }: RunFile['data'], files: SiteFiles): readonly string[] {
  switch (kind) {
    case 'expression-table':
      return [...(files.samples === undefined ? [] : [files.samples]), ...featureFiles(files)];
    case 'cells':
      // The columns of AnnData's cells are a table, too; those of a matrix are not.
      return [
        ...(files.samples === undefined ? [] : [files.samples]),
        ...featureFiles(files).filter((name) => extname(name).toLowerCase() === '.h5ad'),
      ];
    case 'feature-bags':
    case 'images':
      return [tableRole(files, 'samples')];
    default:
      return kind satisfies never;
  }
}
