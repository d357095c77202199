/**
 * Every coded error: what happened and what to do about it. Names in braces are facts filled in by the thrower.
 * Codes are for ever: a code that no longer occurs is removed, never given a new meaning.
 * Sorted by area, then name.
 */
export const errorTable = {
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
  'CSM-AGENT-DISK': {
    message: "The agent's file {file} cannot be read or written ({reason}).",
    remedy: "Free some space, or check the owner and rights of the agent's folder; the agent tries again by itself.",
  },
  'CSM-AGENT-IN-USE': {
    message: 'Another agent (process {pid}) runs in {folder}.',
    remedy: 'Stop it first: one site has one agent.',
  },
  'CSM-AGENT-SECOND-CONTRACT': {
    message: 'Run {run} was given a second contract.',
    remedy: 'Call the lead. This site goes on only with the contract that it first saw.',
  },
  'CSM-AGENT-SECOND-MODEL': {
    message: 'Step {step} of run {run} was given a second {what}.',
    remedy:
      'Call the lead: the coordinator was altered, or restored from an old backup. This site answers a step once.',
  },
  'CSM-AGENT-STEP-BACK': {
    message: 'Run {run} was put back to step {step}, which this site has behind it.',
    remedy:
      'Call the lead: the coordinator was altered, or restored from an old backup. The run must be launched again.',
  },
  'CSM-AGENT-STEP-UNKNOWN': {
    message: 'Step {step} is not step number {index} of the contract of run {run}.',
    remedy: 'Call the lead: the coordinator asks for work that the contract does not hold.',
  },
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
  'CSM-API-NOT-FOUND': {
    message: 'There is nothing at {path}.',
    remedy: 'Check the address; /api/openapi.json lists every call.',
  },
  'CSM-API-NOT-YET': {
    message: 'Run {run} has no {what}.',
    remedy: 'Wait until the run has come so far; consilium status shows where it is.',
  },
  'CSM-API-RANGE': {
    message: 'The range asked for does not lie within the {bytes} bytes of {what}.',
    remedy: 'Ask again from the start.',
  },
  'CSM-API-REPLAYED': {
    message: 'This very call was made before.',
    remedy: 'Nothing to do if you made it once; call the operator if you did not: somebody has recorded it.',
  },
  'CSM-API-SETUP': {
    message: 'The set-up link is not valid: it was used, it is older than a day, or the coordinator was started anew.',
    remedy: 'Use the newest link that the coordinator printed, or ask the lead for one (consilium page-link).',
  },
  'CSM-API-SIGN-IN': {
    message: 'No page user has this name and password.',
    remedy: 'Check both. The lead can make a new set-up link with consilium page-link.',
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
  'CSM-BACKEND-MEMORY': {
    message: 'The wasm backend has no {mebibytes} MiB left: its heap ends at 4 GiB.',
    remedy: 'Lower training.batchSize or choose a smaller preset; the native backend has no such limit.',
  },
  'CSM-BACKEND-NATIVE': {
    message: 'The native backend does not run: {reason}.',
    remedy: 'Install the TensorFlow library for this machine, or choose backend auto or wasm.',
  },
  'CSM-BACKEND-WASM': {
    message: 'The wasm backend does not run: {reason}.',
    remedy: 'Run on Node 20.19 or newer and reinstall the packages; choose backend cpu for tiny tests only.',
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
  'CSM-CHANNEL-BROKEN': {
    message: 'The sealed channel was given up after an earlier fault.',
    remedy: 'Connect again; the log holds the first fault.',
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
  'CSM-CLISITE-ENROLLED': {
    message: '{home} is enrolled as {site} with another consortium or under another name.',
    remedy: 'Name another folder with --home; one folder serves one site in one consortium.',
  },
  'CSM-CLISITE-NO-DATA': {
    message: 'It is not said where the data lie.',
    remedy: 'Give --data DIR, or write data.directory into site.yaml.',
  },
  'CSM-CLISITE-NOT-ENROLLED': {
    message: '{home} is not enrolled.',
    remedy: 'Run consilium-site enrol CODE with the one-time code of the lead, or name the right folder with --home.',
  },
  'CSM-COHORT-SMALL': {
    message: 'Fewer than {minimum} patients remain for training at this site.',
    remedy:
      'Add patients, hold fewer out for validation and test, or stay out of this run: so few patients neither train nor send statistics.',
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
  'CSM-DATA-CHANGED': {
    message: 'This site no longer has column {column}, which the run uses.',
    remedy: 'Put the data back as they were when the run began, or ask the lead for a new run.',
  },
  'CSM-DATA-COLUMN': {
    message: '{file} has no column {column}{near}.',
    remedy: 'Correct the header of the file, or the column name in the run file.',
  },
  'CSM-DATA-COLUMN-TWICE': {
    message: '{file} has two columns named {column}.',
    remedy: 'Remove or rename one of them.',
  },
  'CSM-DATA-COLUMNS-DIFFER': {
    message: '{file} has no column {column}, which {other} has.',
    remedy: 'Give all feature files of a site the same columns.',
  },
  'CSM-DATA-EMPTY': {
    message: '{file} holds no rows.',
    remedy: 'Check the export that wrote it; a header and at least one row are needed.',
  },
  'CSM-DATA-FILE': {
    message: 'There is no file {file} in the data folder.',
    remedy: 'Check the data folder, or name the file of this site in its own configuration.',
  },
  'CSM-DATA-GZIP': {
    message: '{file} is not a readable gzip file.',
    remedy: 'Copy the file again: it is cut short, damaged, or not compressed in spite of its name.',
  },
  'CSM-DATA-MALFORMED': {
    message: '{file} is not a well-formed table at line {line}.',
    remedy: 'Look at the quotes of that line: one that opens must close.',
  },
  'CSM-DATA-MISSING-FEATURES': {
    message: '{missing} of the {listed} listed features are missing at this site; the run allows {limit}.',
    remedy:
      'Compare the column names of the feature table with the list of the run, for example gene symbols with Ensembl names.',
  },
  'CSM-DATA-NO-FEATURES': {
    message: '{file} has no numeric column to learn from.',
    remedy: 'Check delimiter and decimal point (a comma is not read as one), or list the features in the run file.',
  },
  'CSM-DATA-NO-ROWS': {
    message: 'No row of {file} can be used: {why}.',
    remedy: 'Run consilium-site check at the site: it lists each row that was left out, with its line and reason.',
  },
  'CSM-DATA-NOT-NUMERIC': {
    message: 'Column {column} of {file} holds text, not numbers.',
    remedy: 'Check the decimal point (a comma is not read as one), or take the column off the feature list.',
  },
  'CSM-DATA-ONE-CLASS': {
    message: 'All training patients of this site have the same class in column {column}.',
    remedy: 'Nothing can be learnt from one class alone; check the labels and the classes of the run file.',
  },
  'CSM-DATA-SPLIT-STRADDLE': {
    message: '{file} puts {patients} patients in more than one part.',
    remedy: 'Give every patient one part only; otherwise the test would see training patients.',
  },
  'CSM-DATA-SPLIT-VALUE': {
    message: '{file} names an unknown part at line {line}.',
    remedy: 'Use train, validation or test in the column named split.',
  },
  'CSM-DATA-UNREADABLE': {
    message: '{file} cannot be read ({reason}).',
    remedy: 'Check the rights of the file and the disk.',
  },
  'CSM-EGRESS-COHORT': {
    message: 'Nothing of step {step} leaves this site: fewer than {minimum} patients stand behind it.',
    remedy: 'Nothing is to be done: so few patients neither train nor send statistics.',
  },
  'CSM-EGRESS-KIND': {
    message: 'A blob of kind {kind} was to leave for step {step}, which sends {expected}.',
    remedy: 'Update the agent; nothing left this site.',
  },
  'CSM-EGRESS-SIZE': {
    message: 'A blob of {bytes} bytes was to leave for step {step}; at most {limit} may.',
    remedy: 'Update the agent; nothing left this site.',
  },
  'CSM-ENROL-CODE': {
    message: 'This is no complete enrolment code.',
    remedy: 'Copy the whole code, from consilium1- to its last character, or ask the lead for a new one.',
  },
  'CSM-ENROL-EXPIRED': {
    message: 'The enrolment code ended on {notAfter}.',
    remedy: 'Ask the lead for a new code.',
  },
  'CSM-EVALUATE-EMPTY': {
    message: 'No patient with a known label can be judged in part {part}.',
    remedy: 'Choose another part, or check the labels against the classes of the model.',
  },
  'CSM-EVALUATE-EXPORT': {
    message: '{file} of the exported model cannot be used: {problem}.',
    remedy: 'Export the run again with consilium export, and copy the whole folder.',
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
  'CSM-INITIAL-FAILED': {
    message: 'The process that makes starting weights ended with status {status}.',
    remedy: 'See the log of the coordinator; a very large model may need more memory.',
  },
  'CSM-INTERNAL': {
    message: 'An unexpected fault ({kind}).',
    remedy: 'See the log of this process; report it with the version and the log if it comes again.',
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
  'CSM-KEY-CERTIFICATE': {
    message: 'A certificate is not valid: {problem}.',
    remedy: 'Ask the lead to look at the list of sites; do not go on with this peer.',
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
    message: 'The key file does not open: another passphrase, or the file was altered.',
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
    message: "The one-time code of site {site} was not made with this lead's folder {home}.",
    remedy: 'Approve from the folder that made the invitation, or invite the site again.',
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
  'CSM-LEAD-PROOF': {
    message: 'The key that waits for approval as {site} was not sent by the holder of the one-time code.',
    remedy: 'Do not approve it. Call the hospital, and invite it again.',
  },
  'CSM-METRICS-CLASSES': {
    message: 'The evaluation counts are for {received} classes; the run has {expected}.',
    remedy: 'Check that the site evaluated the model of this run; the counts are left out of the pooled figures.',
  },
  'CSM-METRICS-COUNTS': {
    message: 'The evaluation counts contradict themselves: {problem}.',
    remedy: "The site's software may be altered or of another version; the counts are left out of the pooled figures.",
  },
  'CSM-METRICS-EMPTY': {
    message: 'There are no evaluation counts to put together.',
    remedy: 'Pooled figures need at least one site with enough patients.',
  },
  'CSM-METRICS-INPUT': {
    message: "The model's predictions cannot be judged: {problem}.",
    remedy: 'If training diverged, lower the learning rate; see the log of the trainer.',
  },
  'CSM-METRICS-OVERFLOW': {
    message: 'The sum of the evaluation counts is past what can be counted exactly.',
    remedy: "A site sent absurd counts; find it in the step's contributions and leave it out.",
  },
  'CSM-MODEL-FAMILY': {
    message: 'There is no model family {family}.',
    remedy: 'Choose one of: {known}.',
  },
  'CSM-MODEL-INPUT': {
    message: 'The data does not fit the model: {problem}.',
    remedy:
      'Check the transforms and the preparation in the run file: what enters the network must be finite numbers and known classes.',
  },
  'CSM-MODEL-OPTIONS': {
    message: 'The settings of model family {family} are not valid: {problem}.',
    remedy: 'Correct model.options in the run file; the README of the family lists every setting.',
  },
  'CSM-PEER-ERROR': {
    message: 'The other side reported {code}, which this version does not know.',
    remedy: 'Look the code up in the documentation of the newer version, or update this side.',
  },
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
  'CSM-REPORT-FOREIGN': {
    message: 'The report is for another {field} than the step that asked for it.',
    remedy: "Start the site's agent again; if it persists, its contribution is left out.",
  },
  'CSM-REPORT-INVALID': {
    message: 'The report is not valid at {path}: {problem}.',
    remedy: 'Use the same release at site and coordinator; a report written by hand or altered is refused.',
  },
  'CSM-REPORT-SIGNATURE': {
    message: 'The report is not signed by the key of site {site}.',
    remedy: 'Do not use its figures. Fetch the report again, or ask the site for it.',
  },
  'CSM-RUN-COMMAND': {
    message: 'Run {run} cannot take "{command}" now: it is {phase}.',
    remedy: 'Look at its status first.',
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
    remedy: 'The run waits. Bring the missing sites back, or stop the run.',
  },
  'CSM-RUN-QUORUM-LARGE': {
    message: 'The contract asks for {quorum} sites; {sites} are approved.',
    remedy: 'Approve more sites, or lower participation.quorum.',
  },
  'CSM-RUN-REQUIRED-MISSING': {
    message: 'Step {step} lacks required sites: {sites}.',
    remedy: 'The run waits. Bring these sites back, or stop the run.',
  },
  'CSM-RUN-REQUIRED-UNKNOWN': {
    message: 'The contract requires sites that are not approved: {sites}.',
    remedy: 'Approve them, or change participation.required.',
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
  'CSM-RUN-UNKNOWN': {
    message: 'There is no run {run}.',
    remedy: 'List the runs and use one of their names.',
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
  'CSM-SITECONFIG-INVALID': {
    message: '{file} is not valid at line {line}, {setting}: {problem}.',
    remedy: 'Correct that line; docs/hospital.md lists every setting.',
  },
  'CSM-SITECONFIG-MISSING': {
    message: 'There is no {file}.',
    remedy:
      'Enrol this site first (consilium-site enrol CODE --data DIR), or write the file as docs/hospital.md shows.',
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
  'CSM-STATISTICS-CELL': {
    message: 'The statistics hold a figure about fewer than {minimum} patients.',
    remedy: 'Update the agent of this site: it must withhold such figures.',
  },
  'CSM-STATISTICS-INVALID': {
    message: 'The statistics are not valid: {problem}.',
    remedy: 'Check that site and coordinator run versions that fit; report it with both versions if they do.',
  },
  'CSM-STATISTICS-NO-FEATURES': {
    message: 'The {sites} sites have no numeric column in common.',
    remedy: 'Compare the column names of the sites (consilium-site check), or list the features in the run file.',
  },
  'CSM-STORE-DAMAGED': {
    message: 'The database {file} is damaged or is not a Consilium database.',
    remedy: 'Restore it from a backup; the journals that sites and the lead hold show what is missing.',
  },
  'CSM-STORE-DISK': {
    message: 'The database {file} cannot be read or written.',
    remedy: 'Check that the folder exists, belongs to this user and lies on a healthy disk that is not read-only.',
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
  'CSM-TRAINER-CRASHED': {
    message: 'The training process ended ({how}).',
    remedy:
      "The agent tries again by itself. If it stays: SIGKILL or SIGABRT mostly mean too little memory; see the agent's log.",
  },
  'CSM-TRAINER-DIVERGED': {
    message: 'After training, tensor {tensor} holds a value that is not finite.',
    remedy: 'Lower the learning rate in the run file, or look for outliers in the data of this site. Nothing was sent.',
  },
  'CSM-TRAINER-MODEL': {
    message: "The model of step {step} does not have the tensors of the contract's model family.",
    remedy: 'Check that this site and the lead run the same version.',
  },
  'CSM-TRAINING-DIVERGED': {
    message: 'The training loss is no longer a number (epoch {epoch}, batch {batch} of this call).',
    remedy: 'Lower the learning rate in the run file, or check how the features are scaled.',
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
  'CSM-UPDATE-BASE': {
    message: 'The contribution of {site} started from another model than the one of the open step.',
    remedy:
      'The site fetches the model that its assignment names and does the step again; if it comes again, update the agent.',
  },
  'CSM-UPDATE-CODEC': {
    message: 'The contribution of {site} is coded as {codec}; the step takes {expected}.',
    remedy: 'Update the agent of this site to the version of the coordinator.',
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
  'CSM-WIRE-MALFORMED': {
    message: 'A message is malformed at {path}.',
    remedy: 'Update the older side. If both have the same version, report it with the logs of both sides.',
  },
} as const satisfies Record<`CSM-${string}`, { readonly message: string; readonly remedy: string }>;
