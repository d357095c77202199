/**
 * Every coded error: what happened and what to do about it. Names in braces are facts filled in by the thrower.
 * Codes are for ever: a code that no longer occurs is removed, never given a new meaning.
 * Sorted by area, then name.
 */
export const errorTable = {
  'CSM-BLOB-DAMAGED': {
    message: 'The stored blob {hash} is damaged or was altered on disk.',
    remedy:
      'Restore it from a backup, or send it again: a site sends its newest update again by itself. Check the disk.',
  },
  'CSM-BLOB-KEY': {
    message: 'The data key does not open the blob folder {folder}.',
    remedy: 'Start with the data key that the folder was made with; it lies beside the private key.',
  },
  'CSM-BLOB-MISSING': {
    message: 'There is no blob {hash} here.',
    remedy: 'Launch the run again if it was removed by retention; restore it from a backup otherwise.',
  },
  'CSM-BLOB-NO-SPACE': {
    message: 'There is no room left on the disk of {folder}.',
    remedy: 'Free some space or move the folder to a larger disk; transfers go on where they stopped.',
  },
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
  'CSM-JOURNAL-ALTERED': {
    message: 'Record {sequence} of journal {chain} was altered: its hash does not match its content.',
    remedy: 'Do not trust the journal from there on; compare it with a copy that a site or the lead holds.',
  },
  'CSM-JOURNAL-CHAIN': {
    message: 'Record {sequence} of journal {chain} belongs to {found}.',
    remedy: 'Verify one chain at a time; a foreign record inside a chain was inserted.',
  },
  'CSM-JOURNAL-LINE': {
    message: 'Line {line} is not a journal record.',
    remedy: 'Do not trust the file from there on; export the journal again and compare.',
  },
  'CSM-JOURNAL-LINK': {
    message: 'Record {sequence} of journal {chain} does not follow the record before it.',
    remedy: 'Do not trust the journal from there on; a record was replaced.',
  },
  'CSM-JOURNAL-ORDER': {
    message: 'Journal {chain} should go on with record {sequence} but has {found}.',
    remedy: 'Do not trust the journal from there on; a record was removed, inserted or moved.',
  },
  'CSM-JOURNAL-REWRITTEN': {
    message: 'Record {sequence} of journal {chain} is not the one seen before.',
    remedy: 'Call the lead: the history was rewritten after it was shown to others.',
  },
  'CSM-JOURNAL-SIGNATURE': {
    message: 'Record {sequence} of journal {chain} is not signed by the coordinator.',
    remedy: 'Do not trust the journal from there on; check which coordinator key the lead certified.',
  },
  'CSM-JOURNAL-TRUNCATED': {
    message: 'Journal {chain} does not end where it should; it has {records} records.',
    remedy: 'Records at its end are missing or were added; compare with a copy that a site or the lead holds.',
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
  'CSM-RUNFILE-FEATURES': {
    message: 'The feature list {file} is not valid at line {line}: {problem}.',
    remedy: 'Correct the list: one column name a line, each once, and every column that a transform names.',
  },
  'CSM-RUNFILE-INVALID': {
    message: '{file} is not valid at line {line}, {path}: {problem}.',
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
  'CSM-SPOOL-CLOSED': {
    message: 'The upload for step {step} of run {run} was taken over or ended.',
    remedy: 'Nothing to do: the newest connection of the site goes on with it.',
  },
  'CSM-SPOOL-DIGEST': {
    message: 'The upload for step {step} of run {run} does not have the announced digest.',
    remedy: 'The site sends it again from the start; if it comes again, check the memory and disk of both machines.',
  },
  'CSM-SPOOL-GAP': {
    message: 'The upload for step {step} of run {run} has {offset} bytes, but the next part begins at {found}.',
    remedy: 'The site opens the upload again and goes on at the offset that it is told.',
  },
  'CSM-SPOOL-INCOMPLETE': {
    message: 'The upload for step {step} of run {run} has {offset} of {bytes} bytes.',
    remedy: 'The site sends the rest, then commits again.',
  },
  'CSM-SPOOL-OVERRUN': {
    message: 'The upload for step {step} of run {run} is longer than the announced {bytes} bytes.',
    remedy: "Update the site's software: it announced a size and sent more.",
  },
  'CSM-STORE-DAMAGED': {
    message: 'The database {file} is damaged or is not a Consilium database.',
    remedy: 'Restore it from a backup; the journals that sites and the lead hold show what is missing.',
  },
  'CSM-STORE-IN-USE': {
    message: 'The database {file} is in use by another process.',
    remedy: 'Stop the other coordinator on this folder first.',
  },
  'CSM-STORE-NEWER': {
    message: 'The database {file} has schema {version}; this version knows {known}.',
    remedy: 'Start the newer version of Consilium that made it.',
  },
  'CSM-STORE-NO-SPACE': {
    message: 'There is no room left for the database {file}.',
    remedy: 'Free some space; nothing that was acknowledged is lost.',
  },
  'CSM-STORE-STALE-HEAD': {
    message: 'Journal {chain} has moved on since it was read.',
    remedy: 'Read it again and decide anew; if it comes again, two coordinators write to one store.',
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
