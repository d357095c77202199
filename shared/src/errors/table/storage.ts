import type { ErrorTexts } from './texts.js';

/** What a coordinator keeps on its disk. */
export const storageErrors = {
  'CSM-BACKUP-BLOBS': {
    message: 'The backup lacks {missing} of the blobs that its database names.',
    remedy: 'Take it again. If it stays so, blobs were removed by hand: restore them from an earlier backup.',
  },
  'CSM-BACKUP-HOME': {
    message: '{home} is no folder of a coordinator.',
    remedy: 'Give the folder that `consilium coordinator start` has as --home, as the user that runs it.',
  },
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
  'CSM-BLOB-RANGE': {
    message: 'Blob {hash} has {bytes} bytes; the part from {offset} with {length} bytes lies outside.',
    remedy: 'Update the software of the other side: it asked for bytes that are not there.',
  },
  'CSM-HOME-NOT-ADOPTED': {
    message: 'The lead has not yet signed a certificate for this coordinator.',
    remedy: 'The lead adopts it: consilium adopt URL --fingerprint …',
  },
  'CSM-HOME-PLAIN': {
    message: 'Plain HTTP on {host} would show the lead and the page to the network.',
    remedy: 'Give --cert and --key, or put a TLS proxy before it and say --behind-proxy, or listen on 127.0.0.1.',
  },
  'CSM-HOME-PORT': {
    message: 'The coordinator cannot listen on {host} port {port} ({reason}).',
    remedy: 'Choose another port, or stop what uses this one.',
  },
  'CSM-HOME-UNREADABLE': {
    message: 'The file {file} cannot be read ({reason}).',
    remedy: 'Check its owner and rights: it belongs to the user that runs the coordinator.',
  },
  'CSM-HOME-UNWRITABLE': {
    message: 'The file {file} cannot be written ({reason}).',
    remedy:
      'Free some space, or check the owner and rights of its folder: it belongs to the user that runs the coordinator.',
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
  'CSM-STORE-DISK': {
    message: 'The database {file} cannot be read or written.',
    remedy: 'Check that the folder exists, belongs to this user and lies on a healthy disk that is not read-only.',
  },
  'CSM-STORE-EMPTIED': {
    message: 'The database {file} holds nothing, but blobs of runs lie beside it.',
    remedy: 'Restore it from a backup. To begin anew, move the whole folder away.',
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
} as const satisfies ErrorTexts;
