import { type Contract, featureList, transformedColumns, transformsOf } from '@consilium/shared/contract';

/**
 * Files and columns that a contract names, so that everybody knows them. Not its classes and groups: they are values of patients.
 * @throws CSM-RUNFILE-*
 */
export function namesOf(contract: Contract): ReadonlySet<string> {
  const { data, validation } = contract.runFile;
  const genetics = 'genetics' in data ? data.genetics : undefined;
  const columns = [
    ...[data.id, data.patient, data.label, data.group],
    ...('file' in data ? [data.file] : []),
    ...[genetics?.karyotype?.column, ...(genetics?.mutations?.genes ?? [])],
    ...(validation.subgroups ?? []).map(({ column }) => column),
    ...transformedColumns(transformsOf(contract.runFile)),
    ...(featureList(contract) ?? []),
    // What every split file has.
    'split',
  ];
  const files: readonly (string | readonly string[] | undefined)[] = Object.values(data.files);
  return new Set([...columns, ...files.flat()].filter((name) => name !== undefined));
}
