import type { ErrorTexts } from './texts.js';

/** Runs, what sites contribute to them, and rehearsals. */
export const runErrors = {
  'CSM-REHEARSE-AGENT': {
    message: 'The agent of {site} ended during the run, with status {status}.',
    remedy: 'Its log says why: {log} in the folder of the rehearsal.',
  },
  'CSM-REHEARSE-PROCESS': {
    message: 'The process "{name}" ended with status {status}: {said}',
    remedy: 'Mend what it says, then rehearse again.',
  },
  'CSM-REHEARSE-PROGRAM': {
    message: 'The program {program} cannot be started ({reason}).',
    remedy: 'Install the site agent beside the coordinator, so that consilium-site is on the PATH.',
  },
  'CSM-REHEARSE-SITE': {
    message: 'The sites of the rehearsal cannot be used ({text}): {problem}.',
    remedy: 'Name each as --site NAME=DIR, or choose another column for --by.',
  },
  'CSM-REHEARSE-UNTOLD': {
    message: 'Too few test patients of {site} were judged to be told of.',
    remedy: 'Lower validation.minimumCell if the data may be told of so closely, or leave this site as it is.',
  },
  'CSM-RUN-COMMAND': {
    message: 'Run {run} cannot take "{command}" now: it is {phase}.',
    remedy: 'Look at its status first.',
  },
  'CSM-RUN-DIVERGED': {
    message: 'The step of the strategy leads to weights that are not finite.',
    remedy: 'Lower strategy.rate or strategy.momentum of the run file and launch again.',
  },
  'CSM-RUN-EXISTS': {
    message: 'Run {run} exists already.',
    remedy: 'Launch again: each launch makes a new run.',
  },
  'CSM-RUN-NO-SITES': {
    message: 'No approved site could take part.',
    remedy: 'Invite and approve at least one site, then launch again.',
  },
  'CSM-RUN-QUORUM': {
    message: 'Step {step} has {sites} of the {needed} sites that it needs.',
    remedy:
      'Bring the missing sites back: a run that waits goes on by itself then. participation.onShortfall says what else may happen.',
  },
  'CSM-RUN-QUORUM-LARGE': {
    message: 'The contract asks for {quorum} sites; {sites} are approved.',
    remedy: 'Approve more sites, or lower participation.quorum.',
  },
  'CSM-RUN-REQUIRED-MISSING': {
    message: 'Step {step} lacks required sites: {sites}.',
    remedy:
      'Bring these sites back: a run that waits goes on by itself then. No run goes on without them; stop it if they stay away.',
  },
  'CSM-RUN-REQUIRED-UNKNOWN': {
    message: 'The contract requires sites that are not approved: {sites}.',
    remedy: 'Approve them, or change participation.required.',
  },
  'CSM-RUN-SAMPLE-SHARE': {
    message: 'Step {step} has a share of {share} of the training samples; the contract asks for {needed}.',
    remedy:
      'Bring the missing sites back: a run that waits goes on by itself then. participation.onShortfall says what else may happen.',
  },
  'CSM-RUN-SITE-IDLE': {
    message: 'Site {site} has made no progress for {seconds} s in step {step}[; it was last heard {heard} s ago].',
    remedy:
      'Ask the data manager of the site to look at its agent; it takes part again as soon as it makes progress. Heard a moment ago: ' +
      'it hangs. Not heard for long: it is down, or its line is.',
  },
  'CSM-RUN-STOPPED': {
    message: 'The lead stopped the run.',
    remedy: 'Launch it again when it should go on.',
  },
  'CSM-RUN-STRATEGY-LARGE': {
    message: 'The strategy {strategy} needs {needed} sites; {sites} are approved.',
    remedy: 'Approve more sites, lower strategy.faulty, or take a strategy that needs fewer.',
  },
  'CSM-RUN-STRATEGY-SITES': {
    message: 'Step {step} has {sites} of the {needed} sites that the strategy {strategy} needs.',
    remedy:
      'The run waits. Bring the missing sites back, or stop the run and launch one with fewer faulty sites to hold out against.',
  },
  'CSM-RUN-UNKNOWN': {
    message: 'There is no run {run}.',
    remedy: 'List the runs and use one of their names.',
  },
  'CSM-UPDATE-BASE': {
    message: 'The contribution of {site} started from another model than the one of the open step.',
    remedy:
      'The site fetches the model that its assignment names and does the step again; if it comes again, update the agent.',
  },
  'CSM-UPDATE-CODEC': {
    message: 'The contribution of {site} is coded as {codec}; the step takes {expected}.',
    remedy: 'Update the agent of this site to the version of the coordinator.',
  },
  'CSM-UPDATE-CODED': {
    message: 'The update of {site} holds what no codec writes, in tensor {tensor}: {problem}.',
    remedy: "The site's software may be altered or damaged: install its release again, then do the step again.",
  },
  'CSM-UPDATE-CONSORTIUM': {
    message: 'The contribution of {site} is for another consortium.',
    remedy: 'Check which coordinator this site is enrolled with.',
  },
  'CSM-UPDATE-CONTRACT': {
    message: 'The contribution of {site} was made under another contract than that of run {run}.',
    remedy: 'The site fetches the contract again; if it comes again, call the lead.',
  },
  'CSM-UPDATE-DIGEST': {
    message: 'The blob that {site} handed in is not the one that its manifest names.',
    remedy: 'The agent sends the blob again; if it comes again, check the disk of the site.',
  },
  'CSM-UPDATE-KIND': {
    message: '{site} handed in a blob of kind {kind}; the step takes {expected}.',
    remedy: 'Update the agent of this site to the version of the coordinator.',
  },
  'CSM-UPDATE-LATE': {
    message: 'Step {step} does not wait for site {site}.',
    remedy: 'Nothing to do: the newest assignment says what the site should do now.',
  },
  'CSM-UPDATE-LAYOUT': {
    message: 'The update of {site} does not have the tensors and shapes of the model.',
    remedy: 'Check that the site runs the same version and model family as the lead; then do the step again.',
  },
  'CSM-UPDATE-NO-BLOB': {
    message: 'Site {site} handed in a blob for step {step} that it has not uploaded.',
    remedy: 'Upload the blob, then hand it in; the agent does so by itself.',
  },
  'CSM-UPDATE-NORM': {
    message: 'The update of {site} has an L2 norm of {norm}, above the limit of {limit}.',
    remedy:
      'Look for outliers in the data of the site or lower the learning rate; the run file sets training.strategy.normBound.',
  },
  'CSM-UPDATE-NOT-FINITE': {
    message: 'The update of {site} holds a value that is not finite, in tensor {tensor}.',
    remedy:
      'Training diverged at this site: look for outliers in its data, or lower the learning rate in the run file.',
  },
  'CSM-UPDATE-ROUND': {
    message: '{site} handed in step {step}; the open step is {expected}.',
    remedy: 'The site reads its assignment and does the open step; nothing needs to be done by hand.',
  },
  'CSM-UPDATE-RUN': {
    message: '{site} handed in a contribution to run {run}; the open run is {expected}.',
    remedy: 'The site reads its assignment and does the open step; nothing needs to be done by hand.',
  },
  'CSM-UPDATE-SAMPLES': {
    message: '{site} names {samples} training samples; in preparation it signed {expected}.',
    remedy: 'The data of a site may not change during a run: restore it, or ask the lead to launch a new run.',
  },
  'CSM-UPDATE-SAMPLES-UNSIGNED': {
    message: '{site} signed no count of training samples in the preparation of this run.',
    remedy: 'A site joins a run at its preparation; take part in the next run.',
  },
  'CSM-UPDATE-SECOND': {
    message: 'Site {site} has already contributed something else to step {step}; the first contribution stands.',
    remedy: 'Check that only one agent runs with this key.',
  },
  'CSM-UPDATE-SIGNATURE': {
    message: 'The manifest of the contribution is not signed by the key of {site}.',
    remedy: 'Call the site: its key may have been replaced, or someone else speaks for it.',
  },
  'CSM-UPDATE-SITE': {
    message: '{site} handed in a contribution that names another site.',
    remedy: 'Check that no two agents share a folder of keys and results; if that is not so, call the site.',
  },
  'CSM-UPDATE-SIZE': {
    message: 'The contribution of {site} has {bytes} bytes where {expected} are due.',
    remedy: 'The agent makes and sends the blob again; if it comes again, check the disk of the site.',
  },
  'CSM-UPDATE-VARIANCE': {
    message: 'The update of {site} holds a variance below 0, in tensor {tensor}.',
    remedy: "The site's software may be altered or damaged: install its release again, then do the step again.",
  },
  'CSM-RUN-WEIGHTS': {
    message: 'The weights that the run names are not at the coordinator: {missing} of {parts} parts are missing.',
    remedy: 'Launch the run file again with `consilium launch`: it sends them before it launches.',
  },
} as const satisfies ErrorTexts;
