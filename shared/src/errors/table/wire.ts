import type { ErrorTexts } from './texts.js';

/** What passes between a site and the coordinator. */
export const wireErrors = {
  'CSM-ACCESS-BLOB': {
    message: 'This site has no assignment that names the blob {hash}.',
    remedy:
      'Wait for the next assignment. If the site was idle, its lead should look at the journal: somebody asked for a foreign blob.',
  },
  'CSM-ACCESS-PENDING': {
    message: 'Site {site} is enrolled but not yet approved.',
    remedy: "Compare the key's fingerprint with the lead by telephone and ask for approval.",
  },
  'CSM-ACCESS-SUPERSEDED': {
    message: 'A newer connection of site {site} has taken the place of this one.',
    remedy: 'If two agents run with the same key, stop one of them; otherwise nothing is to be done.',
  },
  'CSM-ACCESS-UPLOAD': {
    message: 'The coordinator does not await a blob of site {site} for step {step}.',
    remedy: 'Nothing is to be done: the site goes on with its newest assignment.',
  },
  'CSM-CHANNEL-BROKEN': {
    message: 'The sealed channel was given up after an earlier fault.',
    remedy: 'Connect again; the log holds the first fault.',
  },
  'CSM-CHANNEL-FLOOD': {
    message: 'Site {site} sends more than {most} messages a second for a long time.',
    remedy:
      'An agent as we wrote it sends a few. Look at the program that runs at this site; the lead can revoke its key. Its transfers and its place in the run stay.',
  },
  'CSM-CHANNEL-FORMAT': {
    message: 'A sealed message is malformed: {problem}.',
    remedy: 'The connection is made anew by itself. If this comes again, a proxy on the way alters what it passes on.',
  },
  'CSM-CHANNEL-SEAL': {
    message: 'A sealed message was altered on its way, or was sealed with another key.',
    remedy:
      'The connection is made anew by itself. If this comes again, ask who can alter the traffic between site and coordinator.',
  },
  'CSM-CHANNEL-SEQUENCE': {
    message: 'Sealed message {got} came where {expected} was due: one was replayed, dropped or reordered.',
    remedy:
      'The connection is made anew by itself. If this comes again, ask who can alter the traffic between site and coordinator.',
  },
  'CSM-CHANNEL-UNREAD': {
    message: 'Site {site} does not read what it is sent: {messages} messages and {bytes} bytes wait for it.',
    remedy:
      'Its next connection begins anew. If it comes again, restart the agent and look at its machine and its line.',
  },
  'CSM-HANDSHAKE-ADDRESS': {
    message: 'The address {address} is neither https nor on this machine.',
    remedy: 'Use the https address of the coordinator; plain http is for loopback alone.',
  },
  'CSM-HANDSHAKE-AGREEMENT': {
    message: 'The other side offered a key share that agrees on nothing.',
    remedy: 'Do not go on: no honest peer sends such a share. Tell the lead.',
  },
  'CSM-HANDSHAKE-BUSY': {
    message: 'The coordinator has too many unfinished connections.',
    remedy: 'The site tries again by itself. If this stays, see who connects to the coordinator.',
  },
  'CSM-HANDSHAKE-CLOSED': {
    message: 'The other side ended the connection before it was established ({reason}).',
    remedy: "The site tries again by itself. If this stays, see the coordinator's log.",
  },
  'CSM-HANDSHAKE-CONSORTIUM': {
    message: 'The coordinator does not serve consortium {consortium}.',
    remedy: "Check the address, or enrol again with a code of this coordinator's lead.",
  },
  'CSM-HANDSHAKE-LEAD': {
    message: 'The coordinator has no certificate of the lead pinned at enrolment.',
    remedy:
      'Do not go on. Check the address, then call the lead: this is another coordinator, or somebody stands between.',
  },
  'CSM-HANDSHAKE-MALFORMED': {
    message: 'A handshake message is malformed.',
    remedy: "Check that both ends run Consilium, and that the address is the coordinator's.",
  },
  'CSM-HANDSHAKE-ORDER': {
    message: 'A handshake message came out of turn.',
    remedy: 'The connection is made anew by itself. If this comes again, report it with the log.',
  },
  'CSM-HANDSHAKE-PROXY': {
    message: 'The proxy {proxy} did not open a way to the coordinator ({reason}).',
    remedy: "Check the proxy's address, its rule for CONNECT to the coordinator, and the user name if it asks for one.",
  },
  'CSM-HANDSHAKE-SIGNATURE': {
    message: 'The {side} did not prove that it holds its key.',
    remedy: 'Do not go on. If this comes again, somebody stands between site and coordinator.',
  },
  'CSM-HANDSHAKE-TIMEOUT': {
    message: 'The handshake took longer than {seconds} s.',
    remedy: "The site tries again by itself. If this stays, look at the network and at the coordinator's load.",
  },
  'CSM-HANDSHAKE-TLS': {
    message: "The coordinator's TLS certificate was not accepted ({reason}).",
    remedy:
      "Give the hospital's or the coordinator's root certificate as a file of private CAs, and check the address.",
  },
  'CSM-HANDSHAKE-UNREACHABLE': {
    message: 'The coordinator at {address} cannot be reached ({reason}).',
    remedy: 'Check address, name service, firewall and proxy; the site tries again by itself.',
  },
  'CSM-HANDSHAKE-VERSION': {
    message: 'The other side speaks protocol version {theirs}, this one {ours}.',
    remedy: 'Update the older side.',
  },
  'CSM-TRANSFER-CLOSED': {
    message: 'The connection was closed for good before the transfer ended.',
    remedy: 'Start the agent again; the transfer goes on where it stopped.',
  },
  'CSM-TRANSFER-DIGEST': {
    message: 'The bytes that arrived are not the blob {hash}.',
    remedy: 'The transfer starts again by itself. If this comes again, check disk and memory of both machines.',
  },
  'CSM-TRANSFER-IDLE': {
    message: 'A transfer made no progress for {seconds} s and gave up its place.',
    remedy:
      'The transfer goes on by itself where it stopped. If this comes again, look at the network and at the disks.',
  },
  'CSM-TRANSFER-LIMIT': {
    message: 'More than {limit} transfers or answers of one site are under way.',
    remedy: 'Update the site agent: it asks for more at once than the protocol allows.',
  },
  'CSM-TRANSFER-OFFSET': {
    message: 'A transfer goes on at byte {got}, but {expected} was due.',
    remedy: 'The transfer starts again by itself. If this comes again, report it with the logs of both sides.',
  },
  'CSM-TRANSFER-WINDOW': {
    message: 'More bytes are under way than the receiver allowed.',
    remedy: 'Update the sending side: it does not keep to the window.',
  },
  'CSM-WIRE-MALFORMED': {
    message: 'A message is malformed at {path}.',
    remedy: 'Update the older side. If both have the same version, report it with the logs of both sides.',
  },
} as const satisfies ErrorTexts;
