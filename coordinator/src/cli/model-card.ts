import { type Contract, stagesOf, strategyText, updateText } from '@consilium/shared/contract';
import { sumsFile } from '@consilium/shared/exported';
import type { BlobHash, PublicKey, SiteId } from '@consilium/shared/ids';
import { figure, printable } from '@consilium/shared/terminal';
import { yamlText } from '@consilium/shared/yaml';
import type { RunView } from '../conduct/view.js';

export interface ModelCardFacts {
  readonly view: RunView;
  readonly contract: Contract;
  /** That the journal's newest record is signed by. */
  readonly coordinatorKey: PublicKey;
  readonly lead: PublicKey;
  readonly model: string | null;
  /** Columns that the model reads, in their order; null where preparation was not reached. */
  readonly features: readonly string[] | null;
  /** Why the export has no layers model; null where it has. */
  readonly layers: string | null;
  readonly reports: readonly SiteId[];
  /** SHA-256 of each file of the export but this card, by its path. */
  readonly hashes: ReadonlyMap<string, BlobHash>;
}

/** What an export holds, what it was made from and by whom, how good it is, where it ends, and how to use it. Markdown. */
export function modelCard(facts: ModelCardFacts): string {
  const { view, contract } = facts;
  const { runFile } = contract;
  const { family, preset } = runFile.model;
  return [
    `# ${view.name}`,
    '',
    ...(runFile.description === undefined ? [] : [inline(runFile.description), '']),
    `A \`${family}\` model (preset \`${preset}\`), trained across ${view.sites.length} sites without moving a patient record.`,
    '',
    'For research. Not a medical device; not to be used to decide on the treatment of a patient.',
    '',
    ...section('What it tells', tells(facts)),
    ...section('What it reads', reads(facts)),
    ...section('How it was trained', trained(facts)),
    ...section('How good it is', figures(facts)),
    ...section('Who stood behind it', sites(facts)),
    ...section('Where it ends', limits(facts)),
    ...section('Use', use(facts)),
    ...section('Licence', licence(facts)),
    ...section('Files', files(facts)),
    ...section('Identity', identity(facts)),
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): readonly string[] => [`## ${title}`, '', ...lines, ''];

const tells = ({ view, contract: { runFile } }: ModelCardFacts): readonly string[] => [
  `- Classes, in the order of the outputs: ${view.classes.map(inline).join(', ')}`,
  `- They are the values of the column ${inline(runFile.data.label)}; rows of other values took no part.`,
  `- Outcome of the run: **${view.outcome ?? view.phase}**`,
  ...(view.bestRound === null
    ? []
    : [
        `- The model is the one of round ${view.bestRound} of ${view.rounds}, chosen by validation ${runFile.validation.choose}.`,
      ]),
];

const shownFeatures = 20;

function reads({ contract: { runFile }, features }: ModelCardFacts): readonly string[] {
  const { data, preparation } = runFile;
  const shown = (features ?? []).slice(0, shownFeatures).map(inline).join(', ');
  const more = (features?.length ?? 0) > shownFeatures ? ', …' : '';
  return [
    ...(features === null
      ? ['The run ended before its features were settled.']
      : [`${features.length} features, all named in \`preparation.json\`: ${shown}${more}.`]),
    'The data contract, as the lead signed it; `predict` and `evaluate` do all of it by themselves:',
    '',
    '```yaml',
    // Lists of names are in the preparation; here they would hide the rest.
    yamlText({ data: { ...data, ...brief(data) }, preparation }),
    '```',
  ];
}

const brief = (data: object): object =>
  'features' in data && Array.isArray(data.features) ? { features: `${data.features.length} named` } : {};

function trained({ contract: { runFile }, view }: ModelCardFacts): readonly string[] {
  const { strategy, update } = runFile.training;
  return [
    `- Strategy \`${strategyText(strategy)}\`, seed ${runFile.seed}`,
    ...(update === undefined ? [] : [`- Updates travelled as ${updateText(runFile)}`]),
    ...stagesOf(runFile).map(
      ({ name, rounds, localEpochs, batchSize, optimizer, classWeights }) =>
        `- Stage \`${name}\`: at most ${rounds} rounds of ${localEpochs} epochs, batches of ${batchSize}, ` +
        `\`${optimizer.name}\` at ${optimizer.rate}, class weights ${classWeights}`,
    ),
    `- Settings of the family: ${Object.keys(runFile.model.options).length === 0 ? 'those of the preset' : `\`${JSON.stringify(runFile.model.options)}\` over the preset`}`,
    `- All of it stands in \`contract.json\`; the journal has ${view.journalLength} records of what happened.`,
  ];
}

type Judged = RunView['judged'][number];

const testOf = ({ judged }: RunView): Judged | undefined => judged.find(({ round }) => round === null);

const headings = ['accuracy', 'balanced accuracy', 'macro F1', 'MCC', 'AUC', 'ECE'] as const;

function figures({ view, reports }: ModelCardFacts): readonly string[] {
  const test = testOf(view);
  const judged = test ?? view.judged.find(({ round }) => round === view.bestRound) ?? view.judged.at(-1);
  if (view.caveat !== null) return [`**${inline(view.caveat)}** So none stands here.`];
  if (judged === undefined) return ['The run has no judged round.'];
  const own = judged.sites.filter(({ n }) => n !== null);
  return [
    test === undefined
      ? 'On **validation** patients, which chose the model, so they flatter it; pooled over the sites:'
      : 'On **test** patients, read once, after the model was chosen; pooled over the sites:',
    '',
    row(['', 'samples', ...headings]),
    row(['', 'samples', ...headings].map(() => '---')),
    row(['**this model**', judged.pooled.n, ...pooledFigures(judged.pooled)]),
    ...judged.panels.map(({ name, metrics }) => row([inline(name), metrics.n, ...pooledFigures(metrics)])),
    ...judged.figures.flatMap(({ name, n, mean }) => ['', `${inline(name)}: ${figure(mean)}, mean over ${n}`]),
    '',
    ...(own.length === 0
      ? ['No site could show figures of its own: too few patients stood behind them.']
      : [
          'By site, as far as enough patients stood behind a figure:',
          '',
          row(['site', 'samples', 'accuracy', 'macro F1', 'loss']),
          row(['---', '---', '---', '---', '---']),
          ...judged.sites.map(({ site, n, accuracy, macroF1, loss }) =>
            row([site, n ?? 'withheld', ...[accuracy, macroF1, loss].map(figure)]),
          ),
        ]),
    ...(reports.length === 0
      ? []
      : ['', 'Each site’s own signed report, with intervals, calibration and confusion, is in `reports/`.']),
  ];
}

function sites({ view }: ModelCardFacts): readonly string[] {
  const { coverage } = view;
  const absent = coverage.sites.flatMap(({ site, missing }) =>
    missing.map(({ since, error }) => `- ${site} was missing since \`${since}\`: ${error.code}`),
  );
  return [
    row(['site', 'training samples', 'steps with its part']),
    row(['---', '---', '---']),
    ...coverage.sites.map(({ site, samples, contributed, asked }) =>
      row([site, samples ?? '–', `${contributed} of ${asked}`]),
    ),
    ...(absent.length === 0 ? [] : ['', ...absent]),
  ];
}

/** What a reader must know before trusting a figure or a probability. */
function limits({ view, contract: { runFile } }: ModelCardFacts): readonly string[] {
  const test = testOf(view);
  const { minimumCell, share } = runFile.validation;
  const ece = test?.pooled.ece ?? null;
  return [
    '- It knows the classes above and no other: a patient of none of them is told one of them all the same.',
    '- It saw the patients of the sites above. Elsewhere, try it with `consilium-site evaluate` before you believe it.',
    ...(test === undefined ? ['- No patient that it was not chosen by has judged it.'] : []),
    ...(share === 0
      ? ['- No validation patients were kept: the last round’s model is the result, whatever it was worth.']
      : []),
    ...(ece === null
      ? []
      : [`- Its probabilities are off by ${figure(ece)} on average (ECE). They are not risks of a patient.`]),
    `- Figures of fewer than ${minimumCell} patients are withheld; what is withheld may be where it errs.`,
    ...(view.outcome === 'degraded'
      ? ['- The run is degraded: not every site stood behind every step, see above.']
      : []),
    '- Weights remember what they were trained on. Who holds them can learn something of the patients; keep the folder as you would a report.',
  ];
}

const use = ({ view, layers }: ModelCardFacts): readonly string[] => [
  'At a hospital, also one that took no part, with this folder as it is:',
  '',
  '```sh',
  `consilium-site predict FOLDER --data DIR --out ${view.name}.csv --explain ${view.name}-why`,
  'consilium-site evaluate FOLDER --data DIR',
  '```',
  '',
  'The first writes a probability of each class for each sample and what it goes by; the second judges the model by known labels.',
  '',
  ...(layers === null ? inBrowser : [`There is no layers model for browsers. ${inline(layers)}`]),
];

const inBrowser: readonly string[] = [
  'In a browser or any other TensorFlow.js, one prepared sample a row; the outputs are logits, whose softmax are the probabilities:',
  '',
  '```js',
  "const model = await tf.loadLayersModel('layers/model.json');",
  'const probabilities = tf.softmax(model.predict(prepared));',
  '```',
  '',
  'Transforms and preparation are not part of it: they are the page’s to do, as above and in `preparation.json`. Images go in as prepared pixels, 0 to 255.',
];

const licence = ({ contract: { runFile } }: ModelCardFacts): readonly string[] =>
  runFile.licence === undefined
    ? [
        'The run file names none: ask the lead of the consortium. The software is under Apache-2.0, which says nothing about this model.',
      ]
    : [`${inline(runFile.licence)}, as the run file says. The software that made it is under Apache-2.0.`];

const meanings: readonly (readonly [beginning: string, meaning: string])[] = [
  ['model.safetensors', 'the weights; any reader of safetensors opens them'],
  ['frozen.safetensors', 'the weights that the last stage did not train; the model needs both'],
  ['preparation.json', 'features and their scaling, which data go through before the model'],
  ['layers/', 'the model for TensorFlow.js, `tf.loadLayersModel`; it reads prepared samples'],
  ['contract.json', 'the run file as the lead signed it: every setting and transform'],
  ['journal.jsonl', 'what happened, hash-chained and signed by the coordinator'],
  ['report.', 'the report of the whole run (JSON, and HTML to read or print)'],
  ['tables/', 'figures of all these reports as CSV; `withheld` marks what too few patients stand behind'],
  ['blobs/', 'updates and models to fold rounds again from; updates tell of patients'],
  ['reports/', 'a site’s own signed report of the final test (JSON, and HTML to read)'],
];

const files = ({ hashes }: ModelCardFacts): readonly string[] => [
  row(['file', 'what', 'SHA-256']),
  row(['---', '---', '---']),
  ...[...hashes].map(([name, hash]) =>
    row([`\`${name}\``, meanings.find(([beginning]) => name.startsWith(beginning))?.[1] ?? '', `\`${hash}\``]),
  ),
  '',
  `\`sha256sum -c ${sumsFile}\` checks them all, and this card. \`consilium verify\` with the lead’s key below checks hashes, signatures, journal and what follows from it.`,
];

const identity = ({ view, model, coordinatorKey, lead }: ModelCardFacts): readonly string[] => [
  '```',
  `run          ${view.run}`,
  `consortium   ${view.consortium}`,
  `contract     ${view.contract}`,
  `model        ${model ?? '–'}`,
  `preparation  ${view.preparation ?? '–'}`,
  `journal head ${view.journalHead} (${view.journalLength} records)`,
  `coordinator  ${coordinatorKey}`,
  `lead         ${lead}`,
  '```',
];

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

const pooledFigures = ({ accuracy, balancedAccuracy, macroF1, mcc, auc, ece }: Judged['pooled']): string[] =>
  [accuracy, balancedAccuracy, macroF1, mcc, auc, ece].map(figure);

/** Text of a run file inside Markdown: one line, no markup. */
const inline = (text: string): string =>
  printable(text.replaceAll(/\s+/g, ' ')).replaceAll(/([\\`*_{}[\]<>|#])/g, '\\$1');
