import {
  bandNames,
  type Contract,
  keptRounds,
  type Subgroup,
  stagesOf,
  strategyText,
  updateText,
} from '@consilium/shared/contract';
import type { RunReport } from '@consilium/shared/report';

/** A contract in plain words, for people. The whole of it is the file that the contract's hash names. */
export function contractTerms({ runFile, notAfter, extends: formers = [] }: Contract): RunReport['terms'] {
  const { model, participation, validation, training, data } = runFile;
  const { required, quorum, minimumSampleShare, idleLimit, onShortfall } = participation;
  const { share, everyRounds, choose, minimumCell, minimumCohort, bootstrap, alone, previous, subgroups } = validation;
  const rows: readonly (readonly [string, string])[] = [
    ...(runFile.description === undefined ? [] : [['What for', runFile.description] as const]),
    ['Model', `${model.family}, preset ${model.preset}, ${model.classes.length} classes`],
    ['Classes', model.classes.join(', ')],
    ['Data', `${data.kind}; the class stands in ${data.label}`],
    ...stagesOf(runFile).map(
      ({ name, rounds, localEpochs, batchSize, optimizer }, index, all) =>
        [
          all.length === 1 ? 'Training' : `Stage ${index + 1}, ${name}`,
          `at most ${counted(rounds, 'round')} of ${counted(localEpochs, 'epoch')}, batches of ${batchSize}, ` +
            `${optimizer.name} at ${optimizer.rate}`,
        ] as const,
    ),
    ['Strategy', strategyText(training.strategy)],
    ...(training.update === undefined ? [] : [['Updates travel as', updateText(runFile)] as const]),
    [
      'Who must take part',
      [
        required.length === 0 ? 'no site by name' : required.join(', '),
        quorum === undefined ? 'in each step all sites of the run' : `in each step at least ${counted(quorum, 'site')}`,
        ...(minimumSampleShare > 0 ? [`behind each round at least ${percent(minimumSampleShare)} of the samples`] : []),
        `a site without progress for ${idleLimit} counts as missing`,
        ...(onShortfall === undefined ? [] : [shortfallTerms[onShortfall]]),
      ].join('; '),
    ],
    [
      'Validation',
      share === 0
        ? 'none: the last model is the result'
        : `${percent(share)} of the training patients of each site, ${everyRounds === 1 ? 'every round' : `every ${everyRounds} rounds`}; the model of the best ${choose} is the result`,
    ],
    ['Test', 'patients kept aside from the start, read once, at the end'],
    ...(alone === true ? [['Each site alone', 'each site also trains by itself, as a comparison'] as const] : []),
    ...(previous === undefined ? [] : [['Earlier model', `${previous}, judged on the same test patients`] as const]),
    ...(subgroups === undefined ? [] : [['Subgroups', subgroups.map(subgroupText).join('; ')] as const]),
    ['Intervals', bootstrap === 0 ? 'no bootstrap' : `${bootstrap} draws of a bootstrap at each site`],
    [
      'Protection',
      `no figure of fewer than ${minimumCell} patients; no site of fewer than ${minimumCohort} training patients`,
    ],
    ['Updates kept', keptText(keptRounds(runFile))],
    ['Seed', String(runFile.seed)],
    ...(runFile.licence === undefined ? [] : [['Licence of the model', runFile.licence] as const]),
    ['Signed until', notAfter],
    ...(formers.length === 0
      ? []
      : [['Extended', `before that ${formers.map((one) => terms(one, training.rounds)).join('; ')}`] as const]),
  ];
  return rows.map(([label, value]) => ({ label: label.slice(0, 64), value: value.slice(0, 2000) }));
}

const shortfallTerms = {
  wait: 'a step that lacks this waits',
  degrade: 'a step that lacks this goes on with the sites that are there, but never without a required one',
  fail: 'a step that lacks this ends the run',
} as const;

const subgroupText = ({ column, bands }: Subgroup): string =>
  bands === undefined ? column : `${column}: ${bandNames(bands).join(', ')}`;

const terms = ({ rounds, notAfter }: NonNullable<Contract['extends']>[number], usual: number): string =>
  `${counted(rounds ?? usual, 'round')} in the last stage, signed until ${notAfter}`;
const keptText = (rounds: number): string =>
  rounds === 0
    ? 'none, once folded'
    : `of ${rounds === Number.POSITIVE_INFINITY ? 'all rounds' : `the last ${counted(rounds, 'round')}`}, sealed at the coordinator`;
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
