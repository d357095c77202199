// Writes the page of error codes from the table. An area's line says what its codes are about.
const areas = {
  ACCESS: 'What a site may ask of a coordinator.',
  AGENT: "The site's agent: its folder, and what it refuses to do twice.",
  API: "Calls to the coordinator's HTTP side, by the lead, a page user or a program.",
  BACKEND: 'The part of TensorFlow that trains.',
  BACKUP: "Copying a coordinator's folder.",
  BLOB: "Stored models, updates and reports on the coordinator's disk.",
  CHANNEL: 'The sealed connection between site and coordinator.',
  CLI: "The lead's command line.",
  CLISITE: "The hospital's command line.",
  COHORT: 'Too few patients.',
  CONTRACT: 'The run as the lead signed it.',
  DATA: "A hospital's tables.",
  DOCTOR: 'What `consilium-site doctor` finds before a run does.',
  EGRESS: 'The one door through which anything leaves a hospital.',
  ENROL: 'One-time codes, as a hospital reads them.',
  EVALUATE: 'Judging an exported model at a hospital.',
  EXPORT: 'Taking a finished model away.',
  EXTEND: 'Making a run longer.',
  HANDSHAKE: 'The first seconds of a connection: who is who.',
  HOME: "The coordinator's folder and its port.",
  IMPORT: 'Earlier weights that a run starts from.',
  INITIAL: 'Starting weights of a run.',
  INTERNAL: 'A fault of the program itself.',
  INVITE: 'One-time codes, as the coordinator knows them.',
  JOURNAL: 'Hash-chained, signed records.',
  KEY: 'Keys and certificates.',
  LEAD: "The lead's folder, and what the lead's command line checks before it believes a coordinator.",
  METRICS: 'Counts and figures of evaluation.',
  MODEL: 'Model families and what they are given.',
  NATIVE: 'Installing the native library: `consilium-site backend install native`.',
  PAGE: 'The web page.',
  PEER: 'What another version said.',
  REHEARSE: 'Rehearsals on one machine.',
  REPORT: "A site's report.",
  RUN: 'A run as a whole.',
  RUNFILE: 'The run file and the files that it names.',
  SITE: 'Who is in the consortium.',
  SITECONFIG: "A hospital's own settings.",
  SPOOL: 'Uploads under way.',
  STATISTICS: 'Counts and moments that sites send before training.',
  STORE: "The coordinator's database.",
  TRAINER: "The agent's training process.",
  TRAINING: 'Training itself.',
  TRANSFER: 'Moving a blob over a connection.',
  UPDATE: 'What a site hands in for a step, and why it was refused.',
  VERIFY: 'What `consilium verify` finds wrong with an exported run.',
  WEIGHTS: 'Files of model weights.',
  WIRE: 'Messages between site and coordinator.',
};

const areaOf = (code) => code.split('-')[1];

/**
 * The page as Markdown.
 * @param table codes with their message and remedy
 * @throws when an area has no line above: add one
 */
export function errorsPage(table) {
  const codes = Object.keys(table).sort();
  const used = [...new Set(codes.map(areaOf))];
  const unnamed = used.filter((area) => !Object.hasOwn(areas, area));
  if (unnamed.length > 0) throw new Error(`deploy/docs/errors-page.mjs has no line for ${unnamed.join(', ')}`);
  return [
    '# Error codes',
    '',
    'Every fault that a person can cause or mend has a code. A code keeps its meaning for ever. What you see is the code, what happened, and what to do; words in braces are filled in. No message holds anything from a patient’s record: files, columns, sites and counts are named, values are not.',
    '',
    'This page is written from the table in `shared/src/errors/table` by `node deploy/docs/errors.mjs`.',
    '',
    used.map((area) => `[${area}](#${area.toLowerCase()})`).join(' · '),
    '',
    ...used.flatMap((area) => [
      `## ${area}`,
      '',
      areas[area],
      '',
      ...codes
        .filter((code) => areaOf(code) === area)
        .flatMap((code) => [`### ${code}`, '', table[code].message, '', `**What to do.** ${table[code].remedy}`, '']),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
