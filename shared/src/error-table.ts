/**
 * Every coded error: what happened and what to do about it. Names in braces are facts filled in by the thrower.
 * Codes are for ever: a code that no longer occurs is removed, never given a new meaning.
 * Sorted by area, then name.
 */
export const errorTable = {
  'CSM-CONTRACT-EXPIRED': {
    message: 'The contract of run {run} ended on {notAfter}.',
    remedy: 'Ask the lead to launch the run again.',
  },
  'CSM-CONTRACT-FOREIGN': {
    message: 'The contract is for consortium {consortium}, not for this one.',
    remedy: 'Check which coordinator this site is enrolled with.',
  },
  'CSM-CONTRACT-SIGNATURE': {
    message: 'The contract is not signed by the key of the lead pinned at enrolment.',
    remedy: 'Do not take part. Call the lead: the coordinator or the contract was altered.',
  },
  'CSM-INTERNAL': {
    message: 'An unexpected fault ({kind}).',
    remedy: 'See the log of this process; report it with the version and the log if it comes again.',
  },
  'CSM-PEER-ERROR': {
    message: 'The other side reported {code}, which this version does not know.',
    remedy: 'Look the code up in the documentation of the newer version, or update this side.',
  },
  'CSM-RUN-QUORUM': {
    message: 'Step {step} has {sites} of the {needed} sites that it needs.',
    remedy: 'The run waits. Bring the missing sites back, or stop the run.',
  },
  'CSM-RUN-REQUIRED-MISSING': {
    message: 'Step {step} lacks required sites: {sites}.',
    remedy: 'The run waits. Bring these sites back, or stop the run.',
  },
  'CSM-RUN-SAMPLE-SHARE': {
    message: 'Step {step} has a share of {share} of the training samples; the contract asks for {needed}.',
    remedy: 'The run waits. Bring the missing sites back, or stop the run.',
  },
  'CSM-RUN-SITE-IDLE': {
    message: 'Site {site} has made no progress for {seconds} s in step {step}.',
    remedy: 'Ask the data manager of the site to look at its agent; it takes part again as soon as it is heard.',
  },
  'CSM-RUN-STOPPED': {
    message: 'The lead stopped the run.',
    remedy: 'Launch it again when it should go on.',
  },
  'CSM-RUNFILE-INVALID': {
    message: 'The run file is not valid at line {line}, {path}: {problem}.',
    remedy: 'Correct that line; docs/run-file.md lists every setting.',
  },
  'CSM-RUNFILE-MISSING': {
    message: 'There is no readable file {file}.',
    remedy: 'Check the path; files named in a run file are looked up beside it.',
  },
  'CSM-SITE-REVOKED': {
    message: 'Site {site} is revoked.',
    remedy: 'Ask the lead; a new invitation makes a new key.',
  },
  'CSM-UPDATE-SECOND': {
    message: 'Site {site} has already contributed something else to step {step}; the first contribution stands.',
    remedy: 'Check that only one agent runs with this key.',
  },
  'CSM-WEIGHTS-HEADER': {
    message: 'The weights file has no valid header: {problem}.',
    remedy: 'Use a weights file that Consilium wrote; this one was cut, altered or made by something else.',
  },
  'CSM-WEIGHTS-LAYOUT': {
    message: 'The list of tensors is not valid: {problem}.',
    remedy: 'Give each tensor its own name of letters, digits and _ . : / - and a shape without empty dimensions.',
  },
  'CSM-WEIGHTS-SIZE': {
    message: 'The weights take {bytes} bytes where their layout takes {expected}.',
    remedy: 'The file was cut or does not belong to this model; fetch or make it again.',
  },
  'CSM-WEIGHTS-TENSOR': {
    message: 'Tensor {tensor} of the weights file is described wrongly: {problem}.',
    remedy: 'Use a weights file that Consilium wrote; this one was altered or made by something else.',
  },
} as const satisfies Record<`CSM-${string}`, { readonly message: string; readonly remedy: string }>;
