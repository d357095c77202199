import {
  type Figure,
  type ReleasedMeasures,
  type ReleasedScore,
  type ScoreName,
  scoreNames,
  thresholdRates,
  type Uplift,
} from '../../metrics/index.js';
import type { SiteTable } from '../../words/index.js';
import { nameInSubgroup } from '../figure-name.js';
import { commonModel } from '../run-report.js';
import type { SiteReport } from '../site-report.js';
import type { Cell, Table } from './table.js';

const columns = {
  scores: ['site', 'predictions', 'n', 'score', 'value', 'low', 'high', 'method'],
  classes: ['site', 'predictions', 'class', 'support', 'precision', 'recall', 'f1', 'auc', 'aucLow', 'aucHigh'],
  confusion: ['site', 'trueClass', 'predictedClass', 'count'],
  calibration: ['site', 'low', 'high', 'count', 'confidence', 'accuracy'],
  temperature: ['site', 'temperature', 'fittedTo', 'low', 'high', 'count', 'confidence', 'accuracy'],
  threshold: ['site', 'positive', 'threshold', 'fittedTo', 'score', 'value', 'low', 'high', 'method'],
  subgroups: ['site', 'column', 'subgroup', 'n', 'class', 'support'],
  uplift: ['site', 'n', 'over', 'score', 'difference', 'low', 'high'],
  figures: ['site', 'figure', 'n', 'mean'],
} as const satisfies Record<SiteTable, readonly string[]>;

type Rows = readonly (readonly Cell[])[];

export const siteTable = <Name extends SiteTable>(name: Name, rows: Rows): Table<Name> => ({
  ...{ name, columns: columns[name], rows },
});

/** The tables of a site's report. Every row names the site, so that those of several sites can be laid together. */
export function siteTables(report: SiteReport): readonly Table<SiteTable>[] {
  const { site, measures, panels = [], groups = [], subgroups = [], figures = [], uplift = [] } = report;
  const scaled = scaledOf(report);
  return [
    siteTable('scores', [
      ...scoreRows(site, commonModel, measures.n, measures.scores),
      ...panels.flatMap(({ name, scores }) => scoreRows(site, name, measures.n, scores)),
      ...groups.flatMap(({ name, n, scores }) => scoreRows(site, name, n, scores)),
      ...subgroups.flatMap(({ column, groups: own }) =>
        own.flatMap(({ name, n, scores }) => scoreRows(site, nameInSubgroup(column, name), n, scores ?? {})),
      ),
      ...Object.entries(scaled?.scores ?? {}).map(([name, value]) => [
        ...[site, 'temperature-scaled', measures.n, name, value, null, null, null],
      ]),
    ]),
    siteTable('classes', [
      ...classRows(site, measures),
      ...panels.flatMap(({ name, perClass = [] }) =>
        // The samples are those of the model's own classes, in the same order.
        perClass.map((own, index) => [
          ...[site, name, own.class, measures.perClass[index]?.support, own.precision, own.recall, own.f1, own.auc],
          ...[null, null],
        ]),
      ),
    ]),
    siteTable('confusion', confusionRows(site, measures)),
    siteTable('calibration', calibrationRows(site, measures)),
    siteTable(
      'temperature',
      (scaled?.reliability ?? []).map(({ low, high, count, confidence, accuracy }) => [
        ...[site, scaled?.temperature, scaled?.fittedTo, low, high, count, confidence, accuracy],
      ]),
    ),
    siteTable('threshold', thresholdRows(report)),
    siteTable(
      'subgroups',
      subgroups.flatMap(({ column, groups: own }) =>
        own.flatMap(({ name, n, support }) =>
          support.map((count, label) => [site, column, name, n, measures.perClass[label]?.class, count]),
        ),
      ),
    ),
    siteTable(
      'uplift',
      uplift.flatMap(({ over, scores }) => upliftRows(site, measures.n, over, scores)),
    ),
    siteTable(
      'figures',
      figures.map(({ name, n, mean }) => [site, name, n, mean]),
    ),
  ];
}

/** The calibration at a temperature, where there is one. */
const scaledOf = ({ temperatureScaled: scaled }: SiteReport) =>
  scaled === undefined || 'none' in scaled ? null : scaled;

function thresholdRows({ site, atThreshold: at }: SiteReport): Rows {
  if (at === undefined || 'none' in at) return [];
  return thresholdRates.map((name) => {
    const { value, interval } = at[name];
    return [
      ...[site, at.positive, at.threshold, at.fittedTo, name, value],
      ...[interval?.low, interval?.high, interval?.method],
    ];
  });
}

export const scoreRows = (
  site: string,
  predictions: string,
  n: Figure,
  scores: Readonly<Record<string, ReleasedScore>>,
): Rows =>
  scoreNames.flatMap((name) => {
    const own = scores[name];
    if (own === undefined) return [];
    const { value, interval } = own;
    return [[site, predictions, n, name, value, interval?.low, interval?.high, interval?.method]];
  });

export const classRows = (site: string, { perClass }: ReleasedMeasures): Rows =>
  perClass.map((own) => [
    ...[site, commonModel, own.class, own.support, own.precision, own.recall, own.f1],
    ...[own.auc, own.aucInterval?.low, own.aucInterval?.high],
  ]);

export const confusionRows = (site: string, { perClass, confusion }: ReleasedMeasures): Rows =>
  confusion.cells.flatMap((line, truth) =>
    line.map((count, told) => [site, perClass[truth]?.class, perClass[told]?.class, count]),
  );

export const calibrationRows = (site: string, { reliability }: ReleasedMeasures): Rows =>
  reliability.map(({ low, high, count, confidence, accuracy }) => [site, low, high, count, confidence, accuracy]);

/** By how much the common model is above another, score by score; of each score nothing where all of it is withheld. */
export const upliftRows = (
  site: string,
  n: number,
  over: string,
  scores: Readonly<Partial<Record<ScoreName, Uplift[keyof Uplift]>>>,
): Rows =>
  scoreNames.flatMap((name) => {
    const own = scores[name];
    if (own === undefined) return [];
    return [[site, n, over, name, own?.difference, own?.interval?.low, own?.interval?.high]];
  });
