export { type FollowedKeeper, firstKeeper, followKeeper } from './keeper.js';
export { journalLine, maxLineBytes, parseJournalLine, readJournal, writeJournal } from './lines.js';
export {
  type JournalDraft,
  type JournalHead,
  type JournalRecord,
  journalDomain,
  journalRecord,
  type SignJournal,
  sealRecord,
  type VerifyJournal,
} from './record.js';
export { type ChainExpectations, type VerifiedChain, verifyChain, verifyNext } from './verify.js';
