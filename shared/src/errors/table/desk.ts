import type { ErrorTexts } from './texts.js';

/** The lead's calls and command line. */
export const deskErrors = {
  'CSM-API-BODY': {
    message: 'The request is not valid at {path}: {problem}.',
    remedy: 'Correct the request; /api/openapi.json describes every call.',
  },
  'CSM-API-BUSY': {
    message: '{limit} live views are open already.',
    remedy: 'Close a page or a watching terminal, then try again.',
  },
  'CSM-API-CALLER': {
    message: "The call carries no signature of this consortium's lead.",
    remedy: "Run the command on the lead's machine, with the key that the coordinator was started with.",
  },
  'CSM-API-CLOCK': {
    message: "The call was signed {seconds} s away from the coordinator's time; at most {limit} s are allowed.",
    remedy: 'Set the clock of this machine and of the coordinator by a time server.',
  },
  'CSM-API-LOCKED': {
    message: 'Signing in under this name is locked for {seconds} s, after too many wrong passwords in a row.',
    remedy: 'Wait, or ask the lead for a new link (consilium users password NAME), which also ends the lock.',
  },
  'CSM-API-MONITOR': {
    message: 'The metrics are not for this caller.',
    remedy:
      "Send the token of the coordinator's --metrics-token-file as a bearer token. Without that option only programs on the same machine may read them, and behind a proxy nobody.",
  },
  'CSM-API-NOT-FOUND': {
    message: 'There is nothing at {path}.',
    remedy: 'Check the address; /api/openapi.json lists every call.',
  },
  'CSM-API-NOT-YET': {
    message: 'Run {run} has no {what}.',
    remedy: 'Wait until the run has come so far; consilium status shows where it is.',
  },
  'CSM-API-ORIGIN': {
    message: 'The request was not sent by a page of this coordinator.',
    remedy: 'Use the page at the coordinator’s own address; a proxy in front must pass Host and Origin on.',
  },
  'CSM-API-RANGE': {
    message: 'The range asked for does not lie within the {bytes} bytes of {what}.',
    remedy: 'Ask again from the start.',
  },
  'CSM-API-REPLAYED': {
    message: 'This very call was made before.',
    remedy: 'Nothing to do if you made it once; call the operator if you did not: somebody has recorded it.',
  },
  'CSM-API-ROLE': {
    message: 'This is not for you to see: it needs the role {needs}.',
    remedy: 'Ask the lead for it; the lead names each user’s role (consilium users add).',
  },
  'CSM-API-SETUP': {
    message: 'The set-up link is not valid: it was used, it is older than a day, or a newer one replaced it.',
    remedy:
      'Use the newest link that the coordinator printed, or ask the lead for one (consilium users password NAME).',
  },
  'CSM-API-SIGN-IN': {
    message: 'No page user has this name and password.',
    remedy: 'Check both. The lead can make a link that sets a new password (consilium users password NAME).',
  },
  'CSM-API-SIGNATURE': {
    message: 'The signature of the call does not hold.',
    remedy: 'Call again; if it stays, something between this machine and the coordinator changes requests.',
  },
  'CSM-API-SIGNED-OUT': {
    message: 'The session has ended or never began.',
    remedy: 'Sign in on the page.',
  },
  'CSM-API-TOO-LARGE': {
    message: 'The request is larger than {limit} bytes.',
    remedy: 'Send less; a contract with its feature list is far below this.',
  },
  'CSM-API-TOO-OFTEN': {
    message: 'Too many attempts.',
    remedy: 'Wait {seconds} s and try again.',
  },
  'CSM-API-USER-EXISTS': {
    message: 'There is a page user {name} already.',
    remedy: 'Choose another name, or remove the user first (consilium users remove NAME).',
  },
  'CSM-API-USER-UNKNOWN': {
    message: 'There is no page user {name}.',
    remedy: 'See consilium users list.',
  },
  'CSM-API-WEIGHTS': {
    message: 'The run needs the weights in {file}, which a page does not send.',
    remedy: 'Launch it with `consilium launch` on the machine where the file lies.',
  },
  'CSM-CLI-ADDRESS': {
    message: '{address} is not an address that calls may go to: {problem}.',
    remedy: 'Give one such as https://consilium.example.org; plain http is for this machine itself alone.',
  },
  'CSM-CLI-ANSWER': {
    message: '{address} does not answer like a coordinator: {problem}.',
    remedy: 'Check the address, the port and the proxy in between; update this side if the coordinator is newer.',
  },
  'CSM-CLI-ARGUMENT': {
    message: '{name} is not valid: {problem}.',
    remedy: 'See the command with --help.',
  },
  'CSM-CLI-EXISTS': {
    message: 'There is something at {path} already.',
    remedy: 'Name another place, or move it away first; nothing was overwritten.',
  },
  'CSM-CLI-FILE': {
    message: '{path} cannot be read or written ({reason}).',
    remedy: 'Check the path and the permissions.',
  },
  'CSM-CLI-NOT-ADOPTED': {
    message: 'No coordinator is known in {home}.',
    remedy:
      'Run: consilium adopt ADDRESS --fingerprint F, with the fingerprint that the coordinator printed at its start.',
  },
  'CSM-CLI-PASSPHRASE': {
    message: 'There is no passphrase for {what}.',
    remedy: 'Answer the prompt in a terminal, set CONSILIUM_PASSPHRASE, or give --passphrase-file.',
  },
  'CSM-CLI-RUN': {
    message: 'No single run matches {run}: {found} do.',
    remedy: 'Give more of its id, or `latest`; `consilium status` lists the runs.',
  },
  'CSM-CLI-TLS': {
    message: 'The certificate of {address} cannot be trusted ({reason}).',
    remedy: 'Give the authority that issued it with --ca FILE, and check the host name in the address.',
  },
  'CSM-CLI-UNREACHABLE': {
    message: '{address} cannot be reached ({reason}).',
    remedy: 'Check that the coordinator runs, its address and port, and HTTPS_PROXY if this machine needs a proxy.',
  },
} as const satisfies ErrorTexts;
