import type { ErrorTexts } from './texts.js';

/** Keys, codes, and who belongs. */
export const keysErrors = {
  'CSM-ENROL-CODE': {
    message: 'This is no complete enrolment code.',
    remedy: 'Copy the whole code, from consilium1- to its last character, or ask the lead for a new one.',
  },
  'CSM-ENROL-EXPIRED': {
    message: 'The enrolment code ended on {notAfter}.',
    remedy: 'Ask the lead for a new code.',
  },
  'CSM-INVITE-EXISTS': {
    message: 'This one-time code was registered before.',
    remedy: 'Make a new one with consilium invite.',
  },
  'CSM-INVITE-EXPIRED': {
    message: 'The one-time code for site {site} ended on {notAfter}.',
    remedy: 'Ask the lead for a new one.',
  },
  'CSM-INVITE-PROOF': {
    message: 'The site does not hold the one-time code that it names.',
    remedy: 'Copy the code again, whole; ask the lead for a new one if it stays.',
  },
  'CSM-INVITE-REPLACED': {
    message: 'The one-time code for site {site} was replaced by a newer one.',
    remedy: 'Use the newest code that the lead gave you.',
  },
  'CSM-INVITE-UNKNOWN': {
    message: 'The coordinator knows no such one-time code for site {site}.',
    remedy: 'Check that the code is of this consortium; ask the lead for a new one.',
  },
  'CSM-INVITE-USED': {
    message: 'The one-time code for site {site} was used already, by another key.',
    remedy: 'Call the lead at once: if it was not you, somebody else holds your code.',
  },
  'CSM-KEY-CERTIFICATE': {
    message: 'A certificate is not valid: {problem}.',
    remedy: 'Ask the lead to look at the list of sites; do not go on with this peer.',
  },
  'CSM-KEY-CHANGE': {
    message: 'The key of {id} cannot be changed so: {problem}.',
    remedy:
      'Begin the change anew on the machine that holds the key. Without the old key, the lead revokes the site and it enrols again.',
  },
  'CSM-KEY-CHUNK': {
    message: 'A stored chunk ({context}, {index}) cannot be opened: it was altered, or sealed with another data key.',
    remedy: 'Restore the folder and its data key from the same backup.',
  },
  'CSM-KEY-FORMAT': {
    message: '{what} is not in a form that this version reads.',
    remedy: 'Restore it from a backup, or make a new key and enrol again.',
  },
  'CSM-KEY-PASSPHRASE': {
    message: '{file} does not open: another passphrase, or the file was altered.',
    remedy: 'Try the passphrase again, or restore the key file from a backup.',
  },
  'CSM-KEY-REVOKED': {
    message: 'The lead has revoked the key of {id}.',
    remedy: 'Call the lead. A site that was revoked by mistake enrols again with a new key.',
  },
  'CSM-KEY-TWO-AGENTS': {
    message: 'Two agents use the key of site {site} by turns.',
    remedy: 'Stop one of them. If only one is yours, the key was copied: call the lead and have it revoked.',
  },
  'CSM-LEAD-CODE': {
    message: "The one-time code of site {site} was not made with this lead's key.",
    remedy: 'Invite the site again.',
  },
  'CSM-LEAD-CONSORTIUM': {
    message: "{address} serves consortium {found}, this lead's is {expected}.",
    remedy: 'Start the coordinator with --lead and --consortium as consilium init printed them.',
  },
  'CSM-LEAD-EXISTS': {
    message: "There is a lead's key in {home} already.",
    remedy: 'Use it, or name another folder with --home. Losing this key means enrolling every hospital anew.',
  },
  'CSM-LEAD-EXPORT': {
    message: 'The export of run {run} does not hold: {problem}.',
    remedy: "Do not use the model. Export again; if it stays, the coordinator's data was altered.",
  },
  'CSM-LEAD-FINGERPRINT': {
    message: 'The fingerprint of {what} is {found}, not {given}.',
    remedy:
      'Compare it again by telephone, character by character. If it still differs, stop: somebody stands in between.',
  },
  'CSM-LEAD-KEY': {
    message: "There is no lead's key in {home}.",
    remedy: 'Make one with consilium init, or name its folder with --home.',
  },
  'CSM-LEAD-OTHER': {
    message: "The key in {file} is not that of this consortium's lead.",
    remedy: 'Choose the file lead.key of the folder from which consilium init named this consortium.',
  },
  'CSM-LEAD-PROOF': {
    message: 'The key that waits for approval as {site} was not sent by the holder of the one-time code.',
    remedy: 'Do not approve it. Call the hospital, and invite it again.',
  },
  'CSM-SITE-CERTIFICATE': {
    message: 'The certificate for {site} cannot be taken: {problem}.',
    remedy: 'Read the list again with consilium sites, then approve or revoke anew.',
  },
  'CSM-SITE-CONSORTIUM': {
    message: 'This folder belongs to another consortium or another lead.',
    remedy: 'Start with the --lead and --consortium of its first start, or with an empty --home.',
  },
  'CSM-SITE-NO-KEY': {
    message: 'Site {site} has no key that could be revoked.',
    remedy: 'Nothing to do: an unused code ends by itself, or with the next invitation.',
  },
  'CSM-SITE-NOT-PENDING': {
    message: 'Site {site} has no key that waits for approval.',
    remedy: 'See consilium sites; the hospital enrols first with its one-time code.',
  },
  'CSM-SITE-RECORD': {
    message: "Record {sequence} of the consortium's journal has type {type}, which this version does not know.",
    remedy: 'Start the newer version of Consilium that wrote it.',
  },
  'CSM-SITE-REPLACED': {
    message: 'Another key of site {site} was approved in the place of this one.',
    remedy: 'Nothing to do where the new key is in use; on the old machine, stop the agent.',
  },
  'CSM-SITE-REVOKED': {
    message: 'Site {site} is revoked.',
    remedy: 'Ask the lead; a new invitation makes a new key.',
  },
  'CSM-SITE-UNKNOWN': {
    message: 'Site {site} is not known here with this key.',
    remedy: 'Enrol with a one-time code from the lead; see consilium sites for the names in use.',
  },
} as const satisfies ErrorTexts;
