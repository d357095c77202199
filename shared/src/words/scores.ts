import type { ScoreName, ThresholdRate } from '../metrics/index.js';

/** What each figure is called and says, in words for one who does not compute them. */
export const scoreWords: Readonly<
  Record<ScoreName, { readonly label: string; readonly meaning: string; readonly better: 'higher' | 'lower' }>
> = {
  accuracy: { label: 'Accuracy', meaning: 'Share of samples given the right class.', better: 'higher' },
  balancedAccuracy: {
    label: 'Balanced accuracy',
    meaning: 'Mean over classes of the share found: a rare class counts as much as a common one.',
    better: 'higher',
  },
  macroF1: {
    label: 'Macro F1',
    meaning: 'Mean over the classes that occur of F1, the balance of finding a class and being right when naming it.',
    better: 'higher',
  },
  weightedF1: { label: 'Weighted F1', meaning: 'F1 averaged by how common each class is.', better: 'higher' },
  mcc: {
    label: 'MCC',
    meaning: 'Matthews correlation of truth and answer: 1 is perfect, 0 no better than chance.',
    better: 'higher',
  },
  auc: {
    label: 'AUC',
    meaning: 'Chance that a sample of a class is scored above one of another class, mean over classes; 0.5 is chance.',
    better: 'higher',
  },
  ap: {
    label: 'Average precision',
    meaning: 'Area under precision against recall, mean over classes.',
    better: 'higher',
  },
  microAp: {
    label: 'Micro average precision',
    meaning: 'The same over all class scores in one list.',
    better: 'higher',
  },
  loss: { label: 'Log loss', meaning: 'Mean surprise at the true class, in nats; 0 is perfect.', better: 'lower' },
  brier: {
    label: 'Brier score',
    meaning: 'Squared distance of the probabilities from the truth, 0 to 2.',
    better: 'lower',
  },
  ece: {
    label: 'Calibration error',
    meaning: 'Expected gap between stated confidence and share right (ECE, 10 bins); 0 is perfect.',
    better: 'lower',
  },
  ece15: { label: 'Calibration error, 15 bins', meaning: 'The same in finer bins.', better: 'lower' },
  mce: { label: 'Largest calibration gap', meaning: 'The widest such gap in any of 10 bins.', better: 'lower' },
};

/** The figures at the top of a report, and the ones below. */
export const headScores = [
  'accuracy',
  'balancedAccuracy',
  'macroF1',
  'mcc',
  'auc',
  'ece',
] as const satisfies ScoreName[];
export const otherScores = [
  'weightedF1',
  'ap',
  'microAp',
  'loss',
  'brier',
  'ece15',
  'mce',
] as const satisfies ScoreName[];

/** What each figure of two classes at a threshold is called and says. */
export const thresholdWords: Readonly<Record<ThresholdRate, { readonly label: string; readonly meaning: string }>> = {
  sensitivity: { label: 'Sensitivity', meaning: 'Share of the samples of the class that are called so.' },
  specificity: { label: 'Specificity', meaning: 'Share of the samples of the other class that are not called so.' },
  ppv: { label: 'Positive predictive value', meaning: 'Share of the samples called so that are of the class.' },
  npv: {
    label: 'Negative predictive value',
    meaning: 'Share of the samples not called so that are of the other class.',
  },
  accuracy: { label: 'Accuracy', meaning: 'Share of samples given the right class.' },
};
