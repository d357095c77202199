import { asRows, eachColumn } from '@consilium/models/samples';
import { type ClassStatistics, classMoments, type Moments } from '@consilium/shared/statistics';
import { momentStatistics } from './moments.js';
import type { Fitting, SiteStep } from './step.js';

/** Moments of each feature, for `anova` in each class. What was chosen are the state's features, to which `cohort` brings every part. */
export const select: SiteStep = {
  fit: (fitting) => {
    const { select: wanted } = fitting.contract.runFile.preparation;
    return wanted !== undefined && 'anova' in wanted ? classStatistics(fitting) : momentStatistics(fitting);
  },
  apply: () => (part) => part,
};

/**
 * Count, mean and M2 of each feature in each class. Feature by feature, those classes are left out of which, together with the totals of
 * later steps over the same patients, something about fewer than `minimumCell` of them would follow.
 */
function classStatistics({ dataset, contract, salt }: Fitting): ClassStatistics {
  const { train } = dataset.parts;
  const terms = { classes: dataset.classes.length, minimum: contract.runFile.validation.minimumCell };
  const found: (readonly Moments[])[] = [];
  eachColumn(asRows(train.input), (_, values) => void found.push(classMoments(values, train, terms)));
  const tableOf = (figure: (moments: Moments) => number): number[][] =>
    dataset.classes.map((_, label) => found.map((groups) => figure(groups[label]!)));
  return {
    format: 'consilium-anova-1',
    salt,
    n: tableOf(({ n }) => n),
    mean: tableOf(({ mean }) => brief(mean)),
    m2: tableOf(({ m2 }) => brief(m2)),
  };
}

/** Nine digits rank features as well as seventeen, in half the bytes: there may be tens of thousands of them in twenty classes. */
const brief = (value: number): number => Number(value.toPrecision(9));
