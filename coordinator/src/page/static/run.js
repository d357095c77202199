import { curves } from './charts.js';
import { bytes, chip, figure, h, moment, notice, sections, span, table, tile, track } from './draw.js';

const outcomes = { complete: 'good', degraded: 'warn', failed: 'bad' };
const standings = { asked: 'busy', accepted: 'good', refused: 'bad', absent: 'warn', left: 'bad' };
const pauses = {
  lead: 'paused by the lead',
  stepwise: 'waits for the lead’s “next”',
  participation: 'waits for sites',
};
const metrics = { accuracy: 'Accuracy', macroF1: 'Macro F1', loss: 'Loss' };

export const runState = ({ phase, outcome }) =>
  phase === 'closed' ? chip(outcome, outcomes[outcome]) : chip(phase, phase === 'paused' ? 'warn' : 'busy');

/** One run. `show` takes each new view of it; `close` frees the charts. */
export function runPage(root) {
  const section = sections(root);
  let pooled = null;
  let bySite = null;
  let metric = 'accuracy';
  let newest = null;
  let arrived = 0;

  function show(view) {
    newest = view;
    arrived = performance.now();
    draw();
  }

  function draw() {
    const view = newest;
    const judged = view.judged.filter(({ round }) => round !== null);
    const test = view.judged.find(({ round }) => round === null);
    const age = (performance.now() - arrived) / 1000;
    section('head', [view.name, view.phase, view.outcome, view.pausedBy, view.run], () => heading(view));
    section('cause', [view.error, view.phase], () =>
      view.error === null ? h('div') : notice(view.error, view.phase === 'closed' ? 'bad' : ''),
    );
    section('caveat', view.caveat, () => (view.caveat === null ? h('div') : h('p', { class: 'card' }, view.caveat)));
    section('tiles', [view.index, view.round, judged.at(-1), test, view.bestRound, view.coverage.sampleShare], () =>
      tiles(view, test ?? judged.at(-1)),
    );
    section(
      'sites',
      view.sites.map((site) => ({ ...site, heard: heard(site, age) })),
      siteTable,
    );
    section('charts', [view.run], charts);
    drawCurves(judged, view.rounds);
    section('coverage', view.coverage, coverage);
    section('facts', [view.journalHead, view.journalLength, view.contract, view.model, view.preparation], () =>
      facts(view),
    );
  }

  function charts() {
    const left = h('div', { class: 'chart', role: 'img', 'aria-label': 'Pooled validation figures by round' });
    const right = h('div', { class: 'chart', role: 'img', 'aria-label': 'Validation figures by site and round' });
    const buttons = Object.entries(metrics).map(([name, text]) =>
      h(
        'button',
        {
          type: 'button',
          'aria-pressed': String(name === metric),
          onclick: (event) => {
            metric = name;
            for (const button of buttons) button.setAttribute('aria-pressed', String(button === event.currentTarget));
            draw();
          },
        },
        text,
      ),
    );
    const node = h(
      'div',
      { class: 'two' },
      h('section', { class: 'card' }, h('h2', {}, 'All sites together, validation'), left),
      h(
        'section',
        { class: 'card' },
        h('span', { class: 'choices' }, buttons),
        h('h2', {}, 'Site by site, validation'),
        right,
      ),
    );
    // After it stands in the page: a chart measures its place.
    queueMicrotask(() => {
      pooled = curves(left);
      bySite = curves(right);
      draw();
    });
    return node;
  }

  function drawCurves(judged, rounds) {
    if (pooled === null) return;
    const line = (name, of, strong) => ({ name, strong, points: judged.map((entry) => [entry.round, of(entry)]) });
    const last = Math.min(rounds, Math.max(2, judged.at(-1)?.round ?? 0));
    pooled.show(
      [
        line('Accuracy', (entry) => entry.pooled.accuracy, true),
        line('Macro F1', (entry) => entry.pooled.macroF1),
        line('Balanced accuracy', (entry) => entry.pooled.balancedAccuracy),
        line('AUC', (entry) => entry.pooled.auc),
      ],
      last,
    );
    const names = [...new Set(judged.flatMap(({ sites }) => sites.map(({ site }) => site)))];
    const ofSite = (name) => (entry) => entry.sites.find(({ site }) => site === name)?.[metric] ?? null;
    bySite.show(
      [...names.map((name) => line(name, ofSite(name))), line('pooled', (entry) => entry.pooled[metric], true)],
      last,
    );
  }

  const ticker = setInterval(() => newest && !document.hidden && draw(), 5000);
  return {
    show,
    close() {
      clearInterval(ticker);
      pooled?.close();
      bySite?.close();
    },
  };
}

const heading = (view) =>
  h(
    'div',
    { class: 'head' },
    h('h1', {}, view.name),
    runState(view),
    view.pausedBy && h('span', { class: 'quiet' }, pauses[view.pausedBy]),
    h('code', { class: 'quiet' }, view.run.slice(0, 12)),
  );

function tiles(view, judged) {
  const done = Math.min(view.index + 1, view.steps);
  const share = view.coverage.sampleShare;
  const of =
    judged === undefined
      ? 'no round judged yet'
      : judged.round === null
        ? 'final test'
        : `validation, round ${judged.round}`;
  const stepTile = tile('Step', view.step ?? '–', `${done} of ${view.steps}`);
  stepTile.append(track(done / view.steps, 'Steps done'));
  return h(
    'div',
    { class: 'tiles' },
    stepTile,
    tile(
      'Round',
      view.round === null ? '–' : `${view.round} of ${view.rounds}`,
      view.bestRound === null ? 'none chosen yet' : `best so far: ${view.bestRound}`,
    ),
    tile('Accuracy', figure(judged?.pooled.accuracy), of),
    tile('Macro F1', figure(judged?.pooled.macroF1), of),
    tile('AUC', figure(judged?.pooled.auc), judged ? `${judged.pooled.n} patients` : ''),
    tile(
      'Samples behind a step',
      share ? `${(100 * share.least).toFixed(0)} %` : '–',
      share ? `at least; ${(100 * share.mean).toFixed(0)} % on average` : '',
    ),
  );
}

const heard = ({ heardSecondsAgo }, age) =>
  heardSecondsAgo === null ? 'not yet' : `${span(heardSecondsAgo + age)} ago`;

const siteTable = (sites) =>
  h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Sites'),
    table(
      [
        'Site',
        'In this step',
        'Doing',
        'Heard',
        'Backend',
        { title: 'Samples', number: true },
        { title: 'In / out', number: true },
      ],
      sites.map((site) => [
        h('b', {}, site.site),
        chip(site.standing, standings[site.standing]),
        activity(site),
        site.heard,
        site.backend ?? '–',
        site.samples === null ? '–' : String(site.samples),
        `${bytes(site.bytesIn)} / ${bytes(site.bytesOut)}`,
      ]),
    ),
    sites
      .filter(({ error }) => error !== null)
      .map(({ site, error, standing }) => notice(error, standing === 'refused' ? 'bad' : '', site)),
  );

function activity({ connected, activity, progress }) {
  if (!connected) return chip('not connected', 'bad');
  if (activity === null) return '–';
  if (progress === null || progress.total === 0) return activity;
  const share = progress.done / progress.total;
  const loss = progress.loss === undefined ? '' : `, loss ${progress.loss.toFixed(3)}`;
  const epoch = progress.epoch === undefined ? '' : `, epoch ${progress.epoch}`;
  return h('div', {}, `${activity} ${Math.floor(100 * share)} %${epoch}${loss}`, track(share, activity));
}

function coverage({ sites }) {
  const gaps = sites.filter(({ missing }) => missing.length > 0);
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Coverage'),
    gaps.length === 0
      ? h('p', { class: 'quiet' }, 'Every site stood behind every step so far.')
      : table(
          ['Site', { title: 'Took part', number: true }, 'Missing since', 'Cause'],
          gaps.flatMap(({ site, contributed, asked, missing }) =>
            missing.map(({ since, error, excused }) => [
              h('b', {}, site),
              `${contributed} of ${asked}`,
              h('code', {}, since),
              excused ? `${error.code}, by the contract` : error.code,
            ]),
          ),
        ),
  );
}

const facts = (view) =>
  h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Record'),
    h(
      'dl',
      {},
      ...Object.entries({
        Run: view.run,
        Contract: view.contract,
        Model: view.model ?? 'none yet',
        Preparation: view.preparation ?? 'none yet',
        'Journal head': `${view.journalHead} (${view.journalLength} records)`,
      }).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, h('code', {}, value))]),
      h('dt', {}, 'Model family'),
      h('dd', {}, `${view.family}; classes ${view.classes.join(', ')}`),
      h('dt', {}, 'Begun'),
      h('dd', {}, moment(view.created)),
    ),
  );
