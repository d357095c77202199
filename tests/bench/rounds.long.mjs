// Many rounds of a tiny model with a few sites: what of a coordinator grows with them.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { verify } from '@consilium/shared/crypto';
import { verifyChain } from '@consilium/shared/journal';
import { networks, startLightSites } from './consortium/light-sites.parts.mjs';
import { bytesUnder, withCoordinator } from './consortium/place.mjs';
import { journalOf, roundsOf, runOf } from './consortium/run.mjs';
import { median } from './measuring/interleaved.mjs';

const sites = 3;
/** Looks at the coordinator while the rounds go by. */
const looks = 10;
const pollMs = 250;
const limitMs = 1_200_000;
/** Rounds at each end that are compared. */
const few = 20;
/** The first rounds load code and fill caches. */
const warmUp = 5;
const mebibyte = 2 ** 20;
const mebibytes = (bytes) => `${(bytes / mebibyte).toFixed(1)} MiB`;

export const longFigures = (rounds) =>
  withCoordinator(async (place) => {
    const { lead, groups, home, coordinator } = place;
    const network = networks.tiny;
    groups.push(await startLightSites({ lead, sites, processes: 1, network }));
    const path = await lead.launch(runOf('rounds-bench', rounds, network.options));
    const seen = await watched();
    const journal = await journalOf(lead, path);
    const times = roundsOf(journal).map(({ totalMs }) => totalMs);
    const [early, late] = [times.slice(warmUp, warmUp + few), times.slice(-few)].map(median);
    // The first look comes after a tenth of the rounds: by then all that is loaded is loaded.
    const [first, last] = [seen[0], seen.at(-1)];
    const { publicKey } = await lead.json('GET', '/api/identity');
    const checked = async (records) => {
      const began = performance.now();
      await verifyChain(records, { verify: (domain, bytes, signature) => verify(publicKey, domain, bytes, signature) });
      return (performance.now() - began) / records.length;
    };
    await checked(journal);
    const half = await checked(journal.slice(0, journal.length >> 1));
    const whole = await checked(journal);
    const bytesOf = (part) => part.reduce((sum, record) => sum + JSON.stringify(record).length + 1, 0) / few;
    const trained = journal.filter(({ body }) => /^train:/.test(body.step ?? ''));
    const roundOf = ({ body }) => Number(body.step.split(':')[2]);
    const [firstBytes, lastBytes] = [
      bytesOf(trained.filter((record) => roundOf(record) > warmUp && roundOf(record) <= warmUp + few)),
      bytesOf(trained.filter((record) => roundOf(record) > rounds - few)),
    ];
    await groups[0].close();
    const startSeconds = await place.again();
    const emptySeconds = await withCoordinator(({ again }) => again());
    const eachKib = (of) =>
      `${(of(last) - of(first)) / 1024 / (last.round - first.round) >= 0 ? '+' : ''}${((of(last) - of(first)) / 1024 / (last.round - first.round)).toFixed(2)} KiB a round`;
    const span = `rounds ${first.round} to ${last.round}`;
    return [
      {
        what: `${sites} sites, a tiny model: a round near the end of ${rounds}, median of ${few}`,
        value: `${late.toFixed(0)} ms`,
        ratio: late / early,
        ...{ to: `rounds ${warmUp + 1} to ${warmUp + few} (${early.toFixed(0)} ms)`, goal: { atMost: 1.25 } },
      },
      {
        what: `heap after collection, ${span}: ${mebibytes(first.heap)} to ${mebibytes(last.heap)}`,
        value: eachKib(({ heap }) => heap),
      },
      {
        what: `memory of the process after collection, ${span}: ${mebibytes(first.rss)}`,
        value: mebibytes(last.rss),
        ratio: last.rss / first.rss,
        ...{ to: 'the first', goal: { atMost: 1.25 } },
      },
      {
        what: `open files, ${span}: ${first.files}`,
        value: `${last.files} (handles ${first.resources}, then ${last.resources})`,
        ratio: last.files / first.files,
        ...{ to: 'the first', goal: { atMost: 1.1 } },
      },
      {
        what: `blobs and spools on the disk, ${span}: ${mebibytes(first.blobs)}`,
        value: mebibytes(last.blobs),
        ratio: last.blobs / first.blobs,
        ...{ to: 'the first', goal: { atMost: 1.1 } },
      },
      {
        what: `database, ${span}: ${mebibytes(first.store)} to ${mebibytes(last.store)}`,
        value: eachKib(({ store }) => store),
      },
      {
        what: `journal of a round near the end`,
        value: `${(lastBytes / 1024).toFixed(2)} KiB`,
        ratio: lastBytes / firstBytes,
        ...{ to: 'one near the beginning', goal: { atMost: 1.05 } },
      },
      {
        what: `journal of ${journal.length} records verified: ${(1000 / whole).toFixed(0)} records/s`,
        value: `${(whole * journal.length).toFixed(0)} ms`,
        ratio: whole / half,
        ...{ to: 'a record of its first half', goal: { atMost: 1.5 } },
      },
      {
        what: `started again after ${rounds} rounds, until it listens`,
        value: `${startSeconds.toFixed(2)} s`,
        ratio: startSeconds / emptySeconds,
        to: `an empty one (${emptySeconds.toFixed(2)} s)`,
      },
    ];

    async function watched() {
      const found = [];
      for (const began = performance.now(); ; await pause(pollMs)) {
        const { runs } = await lead.json('GET', '/api/runs');
        const { round, step, phase } = runs[0];
        const due = ((found.length + 1) * rounds) / looks;
        if (step === 'test' || (round ?? 0) >= due) {
          const [{ heapUsed: heap, rss }, handles] = [
            await coordinator().gauge('memory'),
            await coordinator().gauge('handles'),
          ];
          const blobs = await bytesUnder(join(home, 'blobs'));
          found.push({
            round: step === 'test' ? rounds : round,
            heap,
            rss,
            ...handles,
            blobs,
            store: (await bytesUnder(home)) - blobs,
          });
        }
        if (step === 'test') return found;
        if (phase === 'closed' || phase === 'paused') throw new Error(`the run is ${phase} at ${step}`);
        if (performance.now() - began > limitMs) throw new Error(`the run is still at ${step}`);
      }
    }
  });
