import type { ErrorTexts } from './texts.js';

/** The agent of a hospital. */
export const siteErrors = {
  'CSM-AGENT-BLOB-SIZE': {
    message: 'The coordinator offers {bytes} bytes as blob {hash}, which may have {limit} at most.',
    remedy:
      'Call the lead: the coordinator was altered, or the model is too large to be trained. Nothing of it was written.',
  },
  'CSM-AGENT-CARRIED': {
    message: 'The file {file}, which this site carries from round to round of a run, is not what was written to it.',
    remedy:
      "Check the disk. Then put the file back from a backup, or remove it from the run's folder and start the agent again: layers that the site keeps to itself begin anew, and what coding lost before is lost. Nothing is trained on an altered file.",
  },
  'CSM-AGENT-DISK': {
    message: "The agent's file {file} cannot be read or written ({reason}).",
    remedy: "Free some space, or check the owner and rights of the agent's folder; the agent tries again by itself.",
  },
  'CSM-AGENT-IN-USE': {
    message: 'Another agent (process {pid}) runs in {folder}.',
    remedy: 'Stop it first: one site has one agent.',
  },
  'CSM-AGENT-LEFT': {
    message: 'This hospital has left run {run}.',
    remedy:
      'Nothing more of it takes part in that run, and the contract decides whether the run goes on. What it had handed in before counts. It can take part in other runs.',
  },
  'CSM-AGENT-SECOND-CONTRACT': {
    message: 'Run {run} was given a contract that does not extend the one that this site knows.',
    remedy: 'Call the lead. This site goes on only with the contract that it knows, or with one that extends it.',
  },
  'CSM-AGENT-SECOND-MODEL': {
    message: 'Step {step} of run {run} was given a second {what}.',
    remedy:
      'Call the lead: the coordinator was altered, or restored from an old backup. This site answers a step once.',
  },
  'CSM-AGENT-STEP-BACK': {
    message: 'Run {run} was put back to step {step}, which this site has behind it.',
    remedy:
      'Call the lead: the coordinator was altered, or restored from a backup so old that this site no longer knows the step. The run must be launched again.',
  },
  'CSM-AGENT-STEP-UNKNOWN': {
    message: 'Step {step} is not step number {index} of the contract of run {run}.',
    remedy: 'Call the lead: the coordinator asks for work that the contract does not hold.',
  },
  'CSM-CLISITE-ENROLLED': {
    message: '{home} is enrolled as {site} with another consortium or under another name.',
    remedy: 'Name another folder with --home; one folder serves one site in one consortium.',
  },
  'CSM-CLISITE-NO-DATA': {
    message: 'It is not said where the data lie.',
    remedy: 'Give --data DIR, or write data.directory into site.yaml.',
  },
  'CSM-CLISITE-NOT-ENROLLED': {
    message: '{home} is not enrolled.',
    remedy: 'Run consilium-site enrol CODE with the one-time code of the lead, or name the right folder with --home.',
  },
  'CSM-EGRESS-COHORT': {
    message: 'Nothing of step {step} leaves this site: fewer than {minimum} patients stand behind it.',
    remedy: 'Nothing is to be done: so few patients neither train nor send statistics.',
  },
  'CSM-EGRESS-KIND': {
    message: 'A blob of kind {kind} was to leave for step {step}, which sends {expected}.',
    remedy: 'Update the agent; nothing left this site.',
  },
  'CSM-EGRESS-SIZE': {
    message: 'A blob of {bytes} bytes was to leave for step {step}; at most {limit} may.',
    remedy: 'Update the agent; nothing left this site.',
  },
  'CSM-EVALUATE-CALIBRATION': {
    message:
      'Part of this model is fitted to the patients of each hospital, and here it would be to fewer than {minimum}.',
    remedy:
      'Judge it on more patients: with --part all, or with more rows in the tables; of a run that trained on some groups alone, with patients of those.',
  },
  'CSM-EVALUATE-CHANGED': {
    message: '{file} of the exported model is not as it was exported.',
    remedy: 'Copy the whole folder again from where consilium export wrote it; do not edit its files.',
  },
  'CSM-EVALUATE-EMPTY': {
    message: 'No patient with a known label can be judged in part {part}.',
    remedy: 'Choose another part, or check the labels against the classes of the model.',
  },
  'CSM-EVALUATE-EXPORT': {
    message: '{file} of the exported model cannot be used: {problem}.',
    remedy: 'Export the run again with consilium export, and copy the whole folder.',
  },
  'CSM-EVALUATE-NO-CLASSES': {
    message: 'The last stage of this model, {stage}, tells no classes: it cannot be asked for them.',
    remedy:
      'Use an export of a run whose last stage tells classes; consilium-site evaluate judges this one by its loss.',
  },
  'CSM-SITECONFIG-INVALID': {
    message: '{file} is not valid at line {line}, {setting}: {problem}.',
    remedy: 'Correct that line; docs/hospital.md lists every setting.',
  },
  'CSM-SITECONFIG-MISSING': {
    message: 'There is no {file}.',
    remedy:
      'Enrol this site first (consilium-site enrol CODE --data DIR), or write the file as docs/hospital.md shows.',
  },
  'CSM-TRAINER-CRASHED': {
    message: 'The training process ended ({how}).',
    remedy:
      "The agent tries again by itself. If it stays: SIGKILL or SIGABRT mostly mean too little memory; see the agent's log.",
  },
  'CSM-TRAINER-DIVERGED': {
    message: 'After training, tensor {tensor} holds a value that is not finite.',
    remedy: 'Lower the learning rate in the run file, or look for outliers in the data of this site. Nothing was sent.',
  },
  'CSM-TRAINER-MODEL': {
    message: "The model of step {step} does not have the tensors of the contract's model family.",
    remedy: 'Check that this site and the lead run the same version.',
  },
} as const satisfies ErrorTexts;
