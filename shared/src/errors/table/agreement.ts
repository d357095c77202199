import type { ErrorTexts } from './texts.js';

/** Run files, contracts, and faults that belong nowhere else. */
export const agreementErrors = {
  'CSM-CONTRACT-EXPIRED': {
    message: 'The contract of run {run} ended on {notAfter}.',
    remedy: 'Ask the lead to launch the run again.',
  },
  'CSM-CONTRACT-EXTENSION': {
    message: 'The contract of run {run} says that it extends another, but changes more than rounds and last date.',
    remedy: 'Do not take part. Call the lead: an extension only adds rounds to the last stage, or time.',
  },
  'CSM-CONTRACT-FOREIGN': {
    message: 'The contract is for consortium {consortium}, not for this one.',
    remedy: 'Check which coordinator this site is enrolled with.',
  },
  'CSM-CONTRACT-OTHER': {
    message: 'The contract kept for run {run} is not the one that its journal names.',
    remedy: 'Restore the database from a backup: it was altered, or a disk lost part of it.',
  },
  'CSM-CONTRACT-SIGNATURE': {
    message: 'The contract is not signed by the key of the lead pinned at enrolment.',
    remedy: 'Do not take part. Call the lead: the coordinator or the contract was altered.',
  },
  'CSM-EXTEND-LATE': {
    message: 'Run {run} cannot be extended so any more: it is at step {step}, {phase}.',
    remedy: 'Rounds can be added until the last one is judged. Launch a new run that starts from its model.',
  },
  'CSM-EXTEND-LIMIT': {
    message: 'Run {run} cannot be extended so: {what} would be above {limit}.',
    remedy: 'Ask for less, or launch a new run that starts from its model.',
  },
  'CSM-EXTEND-NOTHING': {
    message: 'The extension of run {run} adds neither rounds nor time.',
    remedy: 'Give more rounds than the run has, a later last date, or both.',
  },
  'CSM-EXTEND-OTHER': {
    message: 'The contract is no extension of that of run {run}: it changes something else, or names another run.',
    remedy: 'Only the rounds of the last stage and the last date can be extended; use `consilium extend`.',
  },
  'CSM-EXTEND-SHORTER': {
    message: 'The extension of run {run} takes away from {what}: now {now}, asked for {asked}.',
    remedy: 'A run can only become longer. Stop it when it should end.',
  },
  'CSM-EXTEND-STALE': {
    message: 'The extension of run {run} is not of the contract that the run has now.',
    remedy: 'Extend again: the newest contract is read first.',
  },
  'CSM-INTERNAL': {
    message: 'An unexpected fault ({kind}).',
    remedy: 'See the log of this process; report it with the version and the log if it comes again.',
  },
  'CSM-PEER-ERROR': {
    message: 'The other side reported {code}, which this version does not know.',
    remedy: 'Look the code up in the documentation of the newer version, or update this side.',
  },
  'CSM-RUNFILE-FEATURES': {
    message: 'The feature list {file} is not valid at line {line}: {problem}.',
    remedy: 'Correct the list: one column name a line, each once, and every column that a transform names.',
  },
  'CSM-RUNFILE-INVALID': {
    message: '{file} is not valid at line {line}, {path}: {problem}.',
    remedy: 'Correct that line; docs/run-file.md lists every setting.',
  },
  'CSM-RUNFILE-LENGTHS': {
    message: 'The gene lengths {file} are not valid at line {line}: {problem}.',
    remedy: 'Correct the file: a gene and its effective length in bases on each line, each gene once.',
  },
  'CSM-RUNFILE-MISSING': {
    message: 'There is no readable file {file}.',
    remedy: 'Check the path; files named in a run file are looked up beside it.',
  },
  'CSM-RUNFILE-PREVIOUS': {
    message: 'The model {file} cannot be judged beside the one of this run: {problem}.',
    remedy:
      'validation.previous names a folder beside the run file that consilium export made, of a run with the same classes and sample columns; or leave it out.',
  },
} as const satisfies ErrorTexts;
