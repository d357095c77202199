import { chip, h, loadErrors, moment, notice, sections, table, track } from './draw.js';
import { runPage, runState } from './run.js';

const main = document.getElementById('main');
const link = document.getElementById('link');
const who = document.getElementById('who');
const leave = document.getElementById('leave');
let close = () => {};

/** A call of the API; throws the coded error that it is refused with. */
async function call(path, body) {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(path, body === undefined ? {} : post);
  const answer = await response.json();
  if (!response.ok) throw answer.error;
  return answer;
}

function signForm({ title, text, action, given, done }) {
  const problem = h('div', { role: 'alert' });
  const name = h('input', { name: 'name', autocomplete: 'username', required: true, maxlength: 64 });
  if (given !== undefined) {
    name.value = given;
    name.readOnly = true;
  }
  const setup = action === 'api/setup';
  const password = h('input', {
    name: 'password',
    type: 'password',
    autocomplete: setup ? 'new-password' : 'current-password',
    required: true,
    minlength: setup ? 12 : 1,
  });
  const form = h(
    'form',
    {
      class: 'card',
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          await call(action, done({ name: name.value, password: password.value }));
          history.replaceState(null, '', '#/');
          await begin();
        } catch (error) {
          problem.replaceChildren(error.code ? notice(error, 'bad') : 'The coordinator cannot be reached.');
        }
      },
    },
    h('h1', {}, title),
    h('p', { class: 'quiet' }, text),
    h('label', {}, 'Name', name),
    h('label', {}, setup ? 'Password (12 characters or more)' : 'Password', password),
    h('button', {}, setup ? 'Make this user' : 'Sign in'),
    problem,
  );
  main.replaceChildren(form);
  (given === undefined ? name : password).focus();
}

const signIn = () =>
  signForm({
    title: 'Sign in',
    text: 'The page shows runs and sites; it can change nothing. The lead’s commands are signed on the lead’s own machine.',
    action: 'api/sign-in',
    done: (fields) => fields,
  });

const setUp = (token, given) =>
  signForm({
    given,
    title: 'A new page user',
    text: 'This link works once. Choose a password to look at this coordinator with.',
    action: 'api/setup',
    done: (fields) => ({ ...fields, token }),
  });

/** Follows an event stream, says whether it is alive, and asks to sign in when the session has ended. */
function follow(path, listeners) {
  const source = new EventSource(path);
  source.addEventListener('open', () => state('on', 'live'));
  source.addEventListener('error', async () => {
    state('off', 'reconnecting');
    const signedOut = await call('api/me').then(
      () => false,
      (error) => error.code === 'CSM-API-SIGNED-OUT',
    );
    if (signedOut) await begin();
    else if (source.readyState === EventSource.CLOSED) setTimeout(route, 3000);
  });
  for (const [name, listener] of Object.entries(listeners)) {
    source.addEventListener(name, (event) => listener(JSON.parse(event.data)));
  }
  return () => source.close();
}

function state(kind, text) {
  link.className = `live ${kind}`;
  link.textContent = text;
}

function overview() {
  main.replaceChildren();
  const section = sections(main);
  section('head', 0, () => h('div', { class: 'head' }, h('h1', {}, 'Runs')));
  return follow('api/events', {
    runs: ({ runs }) => section('runs', runs, () => runTable(runs)),
    sites: ({ sites }) => section('sites', sites, () => memberTable(sites)),
  });
}

const runTable = (runs) =>
  h(
    'section',
    { class: 'card' },
    runs.length === 0
      ? h(
          'p',
          { class: 'quiet' },
          'No runs yet. The lead starts one with ',
          h('code', {}, 'consilium launch RUN.yaml'),
          '.',
        )
      : table(
          ['Run', 'State', 'Progress', 'Round', { title: 'Sites', number: true }, 'Begun', 'Changed'],
          runs.map((run) => {
            const done = Math.min(run.index + 1, run.steps);
            return [
              h(
                'div',
                {},
                h('a', { href: `#/run/${run.run}` }, h('b', {}, run.name)),
                h('br'),
                h('code', { class: 'quiet' }, run.run.slice(0, 12)),
              ),
              runState(run),
              h('div', {}, `${done} of ${run.steps} steps`, track(done / run.steps, 'Steps done')),
              run.round === null ? '–' : `${run.round} of ${run.rounds}`,
              String(run.sites),
              moment(run.created),
              moment(run.updated),
            ];
          }),
        ),
  );

const memberStates = { approved: 'good', pending: 'warn', invited: '', revoked: 'bad' };

const memberTable = (sites) =>
  h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Sites of the consortium'),
    sites.length === 0
      ? h(
          'p',
          { class: 'quiet' },
          'No site was invited yet. The lead invites with ',
          h('code', {}, 'consilium invite SITE'),
          '.',
        )
      : table(
          ['Site', 'State', 'Connection', 'Fingerprint', ''],
          sites.map((site) => [
            h('b', {}, site.site),
            chip(site.state, memberStates[site.state]),
            site.connected ? chip('connected', 'good') : h('span', { class: 'quiet' }, 'not connected'),
            h('code', {}, site.pending?.fingerprint ?? site.fingerprint ?? '–'),
            site.collisions > 0 ? chip('two agents with one key', 'bad') : '',
          ]),
        ),
  );

function oneRun(run) {
  main.replaceChildren();
  const page = runPage(main);
  const quiet = follow(`api/events?run=${encodeURIComponent(run)}`, { view: page.show });
  return () => {
    quiet();
    page.close();
  };
}

function route() {
  close();
  state('', '');
  const [, run] = /^#\/run\/([0-9a-f]{32})$/.exec(location.hash) ?? [];
  close = run === undefined ? overview() : oneRun(run);
}

async function begin() {
  close();
  close = () => {};
  state('', '');
  const [, token, given] = /^#setup=([\w-]{43})(?:&name=(.+))?$/.exec(location.hash) ?? [];
  who.textContent = '';
  leave.hidden = true;
  if (token !== undefined) return setUp(token, given && decodeURIComponent(given));
  try {
    const me = await call('api/me');
    who.textContent = me.name;
    leave.hidden = false;
    route();
  } catch {
    signIn();
  }
}

leave.addEventListener('click', async () => {
  await call('api/sign-out', {});
  await begin();
});
addEventListener('hashchange', () => (leave.hidden ? begin() : route()));
await loadErrors();
await begin();
