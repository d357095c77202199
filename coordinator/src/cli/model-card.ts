import type { Contract } from '@consilium/shared/contract';
import type { PublicKey, SiteId } from '@consilium/shared/ids';
import { figure, printable } from '@consilium/shared/terminal';
import type { RunView } from '../conduct/view.js';

export interface ModelCardFacts {
  readonly view: RunView;
  readonly contract: Contract;
  readonly coordinatorKey: PublicKey;
  readonly lead: PublicKey;
  readonly model: string | null;
  readonly reports: readonly SiteId[];
}

/** What lies in an export, where it came from, how good it is, and how to use it. Markdown. */
export function modelCard({ view, contract, coordinatorKey, lead, model, reports }: ModelCardFacts): string {
  const { runFile } = contract;
  const test = view.judged.find(({ round }) => round === null);
  const judged = test ?? view.judged.find(({ round }) => round === view.bestRound) ?? view.judged.at(-1);
  return [
    `# ${view.name}`,
    '',
    ...(runFile.description === undefined ? [] : [inline(runFile.description), '']),
    `A \`${runFile.model.family}\` model (preset \`${runFile.model.preset}\`), trained across ${view.sites.length} sites without moving a patient record.`,
    '',
    `- Outcome: **${view.outcome ?? view.phase}**${view.bestRound === null ? '' : `; the model is the one of round ${view.bestRound} of ${view.rounds}, chosen by validation ${runFile.validation.choose}`}`,
    `- Classes, in the order of the outputs: ${view.classes.map(inline).join(', ')}`,
    `- Label column: ${inline(runFile.data.label)}`,
    '',
    '## Figures',
    '',
    ...(judged === undefined
      ? ['The run has no judged round.']
      : [
          test === undefined
            ? 'On **validation** patients, which chose the model, so they flatter it:'
            : 'On **test** patients, read once, after the model was chosen; pooled over the sites:',
          '',
          '| patients | accuracy | balanced accuracy | macro F1 | MCC | AUC | ECE |',
          '|---|---|---|---|---|---|---|',
          `| ${[judged.pooled.n, ...pooledFigures(judged.pooled)].join(' | ')} |`,
          ...judged.panels.map(
            ({ name, metrics }) => `| ${name}: ${[metrics.n, ...pooledFigures(metrics)].join(' | ')} |`,
          ),
          ...judged.figures.flatMap(({ name, n, mean }) => ['', `${name}: ${figure(mean)}, mean over ${n}`]),
        ]),
    '',
    '## Who stood behind it',
    '',
    '| site | training samples | steps with its part |',
    '|---|---|---|',
    ...view.coverage.sites.map(
      ({ site, samples, contributed, asked }) => `| ${site} | ${samples ?? '–'} | ${contributed} of ${asked} |`,
    ),
    '',
    '## Files',
    '',
    ...(model === null ? [] : ['- `model.safetensors`: the weights; any reader of safetensors opens them']),
    ...(view.frozen === null
      ? []
      : ['- `frozen.safetensors`: the weights that the last stage did not train; the model needs both']),
    ...(view.preparation === null
      ? []
      : ['- `preparation.json`: features and their scaling, which a table goes through before the model']),
    '- `contract.json`: the run file as the lead signed it: every setting and transform',
    '- `journal.jsonl`: what happened, hash-chained and signed by the coordinator',
    ...(reports.length === 0
      ? []
      : ['- `reports/`: each site’s own signed report of the final test (JSON, and HTML to read)']),
    '',
    '## Use',
    '',
    'At a hospital, also one that took no part, see `consilium-site evaluate --help`.',
    'To check this folder again: `consilium journal verify journal.jsonl --key` with the coordinator’s key below.',
    '',
    '## Identity',
    '',
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
    '',
    'For research. Not a medical device; not to be used to decide on the treatment of a patient.',
    '',
  ].join('\n');
}

type Pooled = RunView['judged'][number]['pooled'];

const pooledFigures = ({ accuracy, balancedAccuracy, macroF1, mcc, auc, ece }: Pooled): string[] =>
  [accuracy, balancedAccuracy, macroF1, mcc, auc, ece].map(figure);

/** Text of a run file inside Markdown: one line, no markup. */
const inline = (text: string): string =>
  printable(text.replaceAll(/\s+/g, ' ')).replaceAll(/([\\`*_{}[\]<>|#])/g, '\\$1');
