import { z } from 'zod';
import { contractDomain, runFile, signedContract } from '../contract/index.js';
import { reportDomain, runReport, runReportFormat, signedReport } from '../report/index.js';

/** A published JSON Schema. */
export interface PublishedSchema {
  /** Its file's name without the ending: what a document's member `format` says. */
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** `input`: as people write it, without what has a default. */
  readonly io: 'input' | 'output';
  readonly schema: z.ZodType;
}

const documents: readonly Document[] = [
  {
    ...{ name: reportDomain, title: 'Signed report of a site', io: 'output' },
    description:
      'How one model did on the patients of one site. The signature is Ed25519 by the key of the site, over the text of the ' +
      "member `format`, a zero byte, and the SHA-256 of the report's canonical JSON (RFC 8785).",
    schema: signedReport,
  },
  {
    ...{ name: runReportFormat, title: 'Report of a run', io: 'output' },
    description: 'What was agreed, what happened and what came of it, for the lead of the run.',
    schema: runReport,
  },
  {
    ...{ name: contractDomain, title: 'Signed contract of a run', io: 'output' },
    description:
      'The run file with all defaults filled in, the files that it names, the consortium, the run and a last date. The ' +
      "signature is Ed25519 by the lead's key, over the text of the member `format`, a zero byte, and the SHA-256 of the " +
      "contract's canonical JSON (RFC 8785).",
    schema: signedContract,
  },
  {
    ...{ name: 'run-file', title: 'Run file', io: 'input' },
    description: 'What the lead writes, as YAML or JSON. Settings that contradict one another are refused besides.',
    schema: runFile,
  },
];

/** The schemas of all documents that leave the program, made from those that check them (JSON Schema 2020-12). */
export const publishedSchemas = (): readonly PublishedSchema[] =>
  documents.map(({ name, title, description, io, schema }) => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', reused: 'ref', io });
    return { name, schema: { $schema, $id: `urn:consilium:schema:${name}`, title, description, ...rest } };
  });
