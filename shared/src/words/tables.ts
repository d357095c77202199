/** What the tables of a site's report hold; a run's have these, too. */
export const siteTableWords = {
  scores: 'Each score with its interval, of the model and of what stands beside it',
  classes: 'Class by class: support, precision, recall, F1, AUC',
  confusion: 'How often each class was taken for each',
  calibration: 'Stated confidence and share right, bin by bin',
  temperature: 'The same at a temperature fitted on validation patients',
  threshold: 'Answers of two classes at a threshold chosen on validation patients',
  subgroups: 'Samples of each class in each subgroup',
  uplift: 'By how much the common model is above others, with its interval',
  figures: 'Figures of another kind, means over samples',
} as const;
export type SiteTable = keyof typeof siteTableWords;

/** What the tables of a run's report hold. */
export const runTableWords = {
  ...siteTableWords,
  support: 'Test samples of each class at each site',
  matrix: 'Each site’s figures of each model',
  participation: 'Who stood behind each training round',
  curves: 'Pooled validation scores by round',
  sites: 'What each site brought, and what became of its report',
} as const;
export type RunTable = keyof typeof runTableWords;
