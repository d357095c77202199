import type { ErrorTexts } from './texts.js';

const remedy = {
  altered: 'Do not use what this folder holds. Export the run again, and compare with copies that others keep.',
} as const;

/** What a check of an exported run finds wrong. */
export const verifyErrors = {
  'CSM-VERIFY-ADDED': {
    message: '{file} is no part of the export.',
    remedy: 'Take it out of the folder if you put it there; otherwise find out who did.',
  },
  'CSM-VERIFY-CONTRACT': {
    message: 'The contract of the export does not hold: {problem}.',
    remedy: remedy.altered,
  },
  'CSM-VERIFY-FILE': {
    message: '{file} is not as it was exported: {problem}.',
    remedy: remedy.altered,
  },
  'CSM-VERIFY-FOLD': {
    message: 'Folded again from its updates, {step} makes {made}, but record {sequence} names {named}.',
    remedy: 'The coordinator did not do what it says. Do not use the model; ask its operator.',
  },
  'CSM-VERIFY-KEY': {
    message: 'Record {sequence} holds a contribution of {site} that is signed by a key which the lead had replaced.',
    remedy:
      'Whoever holds the former key may have spoken for the site. Ask the site whether the contribution is its own.',
  },
  'CSM-VERIFY-LEAD': {
    message: 'The export was sealed by the lead {found}, not by {given}.',
    remedy: 'Compare the key with the one that the lead told you; an export of another lead says nothing of this one.',
  },
  'CSM-VERIFY-MISSING': {
    message: '{file} is missing.',
    remedy: 'Take it from another copy of the export, or export the run again.',
  },
  'CSM-VERIFY-RECORD': {
    message: 'Record {sequence} of the journal does not hold: {problem}.',
    remedy: remedy.altered,
  },
  'CSM-VERIFY-REPORT': {
    message: '{file} does not say what the journal says: {problem}.',
    remedy: remedy.altered,
  },
  'CSM-VERIFY-SEAL': {
    message: '{file} does not hold: {problem}.',
    remedy: 'Without it nothing else in the folder can be believed. Export the run again.',
  },
} as const satisfies ErrorTexts;
