import { CodedError, type DetailName, type ErrorCode } from './coded-error.js';

/** Facts of one error that a site may tell. */
interface Leaving<Name extends string = string> {
  /** Told as they are: the contract's own terms, a place in the run, the agent's own files, the machine. Never what was read from data. */
  readonly always?: readonly Name[];
  /** Names of files and columns: told only where the contract names them. Any other may come from a patient's row. */
  readonly named?: readonly Name[];
}

/**
 * Which facts of an error leave a site; all others stay, and of a code that is not here the code alone is told. No row's place, no count of
 * patients and no text about what was read stands in this table.
 */
export const leavingDetails: { readonly [Code in ErrorCode]?: Leaving<DetailName<Code>> } = {
  'CSM-AGENT-BLOB-SIZE': { always: ['bytes', 'hash', 'limit'] },
  'CSM-AGENT-CARRIED': { always: ['file'] },
  'CSM-AGENT-DISK': { always: ['file', 'reason'] },
  'CSM-AGENT-LEFT': { always: ['run'] },
  'CSM-AGENT-SECOND-CONTRACT': { always: ['run'] },
  'CSM-AGENT-SECOND-MODEL': { always: ['run', 'step', 'what'] },
  'CSM-AGENT-STEP-BACK': { always: ['run', 'step'] },
  'CSM-AGENT-STEP-UNKNOWN': { always: ['run', 'step', 'index'] },
  'CSM-BACKEND-DEVICE': { always: ['reason'] },
  'CSM-BACKEND-ENDED': { always: ['backend', 'how'] },
  'CSM-BACKEND-MEMORY': { always: ['mebibytes'] },
  'CSM-BACKEND-NATIVE': { always: ['reason'] },
  'CSM-BACKEND-NO-GPU': { always: ['reason'] },
  'CSM-BACKEND-TENSOR': { always: ['mebibytes', 'limit', 'device'] },
  'CSM-BACKEND-WASM': { always: ['reason'] },
  'CSM-BACKEND-WEBGPU': { always: ['reason'] },
  'CSM-COHORT-SMALL': { always: ['minimum'] },
  'CSM-COHORT-STAGE': { always: ['minimum', 'stage'] },
  'CSM-CONTRACT-EXPIRED': { always: ['run', 'notAfter'] },
  'CSM-CONTRACT-EXTENSION': { always: ['run'] },
  'CSM-CONTRACT-FOREIGN': { always: ['consortium'] },
  'CSM-DATA-BANDS': { always: ['line'] },
  'CSM-DATA-CELLS': { named: ['file'] },
  'CSM-DATA-CHANGED': { always: ['column'] },
  'CSM-DATA-COLUMN': { named: ['file', 'column'] },
  'CSM-DATA-COLUMN-TWICE': { always: ['first', 'second'], named: ['file'] },
  'CSM-DATA-COLUMNS-DIFFER': { named: ['file', 'column', 'other'] },
  'CSM-DATA-EMPTY': { named: ['file'] },
  'CSM-DATA-FILE': { named: ['file'] },
  'CSM-DATA-GZIP': { named: ['file'] },
  'CSM-DATA-H5AD': { named: ['file'] },
  'CSM-DATA-IMAGE-LIBRARY': { always: ['platform', 'reason'] },
  'CSM-DATA-LARGE': { always: ['limit'], named: ['file'] },
  'CSM-DATA-MALFORMED': { named: ['file'] },
  'CSM-DATA-MATRIX-MARKET': { named: ['file'] },
  'CSM-DATA-MISSING-FEATURES': { always: ['missing', 'listed', 'limit'] },
  'CSM-DATA-MOSTLY-FAULTY': { always: ['reason'], named: ['file'] },
  'CSM-DATA-NO-FEATURES': { named: ['file'] },
  'CSM-DATA-NO-ROWS': { always: ['why'], named: ['file'] },
  'CSM-DATA-NOT-NUMERIC': { named: ['file', 'column'] },
  'CSM-DATA-ONE-CLASS': { named: ['column'] },
  'CSM-DATA-ROLE': { always: ['role'] },
  'CSM-DATA-SPLIT-FIXED': { named: ['file'] },
  'CSM-DATA-SPLIT-STRADDLE': { named: ['file'] },
  'CSM-DATA-SPLIT-VALUE': { named: ['file'] },
  'CSM-DATA-UNREADABLE': { always: ['reason'], named: ['file'] },
  'CSM-DATA-UNTRUSTED': { always: ['problems'], named: ['file'] },
  'CSM-EGRESS-COHORT': { always: ['step', 'minimum'] },
  'CSM-EGRESS-KIND': { always: ['kind', 'step', 'expected'] },
  'CSM-EGRESS-SIZE': { always: ['bytes', 'step', 'limit'] },
  'CSM-EVALUATE-CALIBRATION': { always: ['minimum'] },
  'CSM-INTERNAL': { always: ['kind'] },
  'CSM-METRICS-CLASSES': { always: ['received', 'expected'] },
  'CSM-MODEL-FAMILY': { always: ['family', 'known'] },
  'CSM-MODEL-KIND': { always: ['family', 'takes', 'given'] },
  'CSM-MODEL-OPTIONS': { always: ['family', 'problem'] },
  'CSM-MODEL-STAGE': { always: ['family', 'stage', 'known'] },
  'CSM-PEER-ERROR': { always: ['code'] },
  'CSM-REPORT-FOREIGN': { always: ['field'] },
  'CSM-REPORT-INVALID': { always: ['path', 'problem'] },
  'CSM-RUNFILE-FEATURES': { always: ['file', 'line', 'problem'] },
  'CSM-RUNFILE-LENGTHS': { always: ['file', 'line', 'problem'] },
  'CSM-RUNFILE-MISSING': { always: ['file'] },
  'CSM-RUNFILE-PREVIOUS': { always: ['file', 'problem'] },
  'CSM-STATISTICS-CELL': { always: ['minimum'] },
  'CSM-STATISTICS-INVALID': { always: ['problem'] },
  'CSM-TRAINER-CRASHED': { always: ['how'] },
  'CSM-TRAINER-DIVERGED': { always: ['tensor'] },
  'CSM-TRAINER-MODEL': { always: ['step'] },
  'CSM-TRAINING-DIVERGED': { always: ['epoch', 'batch'] },
  'CSM-TRANSFER-DIGEST': { always: ['hash'] },
  'CSM-TRANSFER-IDLE': { always: ['seconds'] },
  'CSM-TRANSFER-LIMIT': { always: ['limit'] },
  'CSM-TRANSFER-OFFSET': { always: ['got', 'expected'] },
  'CSM-WEIGHTS-HEADER': { always: ['problem'] },
  'CSM-WEIGHTS-LAYOUT': { always: ['problem'] },
  'CSM-WEIGHTS-SIZE': { always: ['bytes', 'expected'] },
  'CSM-WEIGHTS-TENSOR': { always: ['tensor', 'problem'] },
  'CSM-WIRE-MALFORMED': { always: ['path'] },
};

/** Codes that a coordinator alone makes: what they say came from it. A site tells them back when a refusal stops it. */
const ofCoordinator = /^CSM-(?:ACCESS|BLOB|SPOOL|STORE|UPDATE)-/;

const nothing: ReadonlySet<string> = new Set();

/**
 * An error as it may leave a site: only with the facts that `leavingDetails` lets go.
 * @param named files and columns that the contract names
 */
export function leaving(error: CodedError, named = nothing): CodedError {
  if (ofCoordinator.test(error.code)) return error;
  const { always = [], named: ifNamed = [] }: Leaving = leavingDetails[error.code] ?? {};
  // Several files of one role stand in one text.
  const isNamed = (fact: string | number): boolean =>
    String(fact)
      .split(', ')
      .every((name) => named.has(name));
  const told = Object.entries(error.details).filter(
    ([name, fact]) => always.includes(name) || (ifNamed.includes(name) && isNamed(fact)),
  );
  return new CodedError(error.code, Object.fromEntries(told));
}
