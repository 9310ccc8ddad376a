/**
 * Goes through the morning board, head-ends and the roll-out as a person with a keyboard does and holds what they show
 * against the API.
 *
 *   node tests/console.mjs BASE OUT
 *
 * BASE is the address of a running `amity serve` that holds readings and a meter that never reported, OUT the folder for the
 * pictures. One line a check; exit status 1 when one failed, 2 when the test itself could not run.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, launched, same, stop } from './browser.mjs';

const [base = process.env.BASE, out = process.env.OUT] = process.argv.slice(2);

if (!base || !out) stop('usage: node tests/console.mjs BASE OUT');
mkdirSync(out, { recursive: true });
const watched = await launched(base, 900);
const { api, open, show, settled, complaints } = watched;

const grouped = (count) => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');

/** Tabs until an element that fits has the focus, as a person without a mouse does. */
async function tabTo(page, fits, steps = 90) {
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(fits)) return true;
  }
  return false;
}

const tile = (page, name) => page.locator('.tile', { has: page.locator('span', { hasText: new RegExp(`^${name}`) }) });
const figure = (page, name) => tile(page, name).locator('strong').innerText();
const parameter = (page, name) => new URL(page.url()).searchParams.get(name);

/** The day of which the head-ends of the made-up utility gave the last readings. */
const { items: channels } = await api('channels?limit=500');
const newest = channels.map(({ last_reading }) => last_reading).filter(Boolean).sort().at(-1) ?? stop(`no readings at ${base}`);
const date = new Date(Date.parse(newest) - 86_400_000).toISOString().slice(0, 10);

async function boardShowsTheNight(page) {
  await show(page, `/?date=${date}`);
  const board = await api(`board?date=${date}`);
  const { report, components } = board.collection.value;
  const missing = report.total.expected - report.total.in_time;
  same('board: readings that are not in time', await figure(page, 'Not in time'), grouped(missing));
  check('board: of how many meters', (await tile(page, 'Not in time').innerText()).includes(`${grouped(components)} meter`));
  same('board: open exceptions', await figure(page, 'Failed validations'), grouped(board.exceptions.value.total));
  same('board: quarantine', await figure(page, 'Quarantine'), grouped(board.quarantine.value.open));
  same('board: open approvals', await figure(page, 'Open approvals'), grouped(board.approvals.value.waiting));
  same('board: a row for each zone', await page.locator('#zones tbody tr').count(), report.zones.length);
  same('board: a row for each reason', await page.locator('#gaps tbody tr').count(), report.reasons.length);
  check('board: the time left to the next deadline', /in (\d+ h )?\d+ min/.test(await page.locator('#zones').innerText()));
  check('board: says as of when, of the day too', /as known \d{4}-\d\d-\d\d \d\d:\d\d/.test(await page.locator('#zones header').innerText()));
  const numbers = await page.locator('#gaps td, #quarantine td, #exceptions td:nth-child(2)').count();
  same('board: every number of these is a link', await page.locator('#gaps td a, #quarantine td a, #exceptions td:nth-child(2) a').count(), numbers);
}

/** From the start page to the meters behind "so many missing" in at most two actions. */
async function fromTheBoardToTheMeters(page) {
  await show(page, `/?date=${date}`);
  const { report } = (await api(`board?date=${date}`)).collection.value;
  const cause = report.reasons[0];
  check('board: the number behind a reason is reached by keyboard', await tabTo(page, "document.activeElement.closest('#gaps td') !== null"));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/collection\?/);
  await settled(page);
  same('one action: the list is of that reason', parameter(page, 'reason'), cause.reason);
  const told = await api(`collection?date=${date}&reason=${cause.reason}&limit=200`);
  same('one action: a row for each gap', await page.locator('section[aria-labelledby="rest-title"] tbody tr').count(), told.misses.length);
  check('one action: of so many meters', (await page.locator('#rest-title').innerText()).includes(`${grouped(cause.components)} meter`));
  const address = page.url();
  await page.reload();
  await settled(page);
  same('address: opens the same list again', page.url(), address);
  check('two actions: a meter is a link', await tabTo(page, "document.activeElement.closest('section[aria-labelledby=\"rest-title\"] tbody th') !== null"));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/meters\//);
  await settled(page);
  check('two actions: the meter opens', (await page.locator('h1').innerText()).includes(told.misses[0].component));
}

async function meterTellsItsState(page) {
  const { items } = await api('roll-out?state=reporting&silent_hours=87600&limit=1');
  await show(page, `/meters/${items[0].meter}?tab=received`);
  const state = await page.locator('#point-state').innerText();
  check('meter: one line says whether it reports, and its last value', /(Reporting|Silent for \d+ \w+)/.test(state) && state.includes('last value ends'), state);
  check('meter: the line says who sent it', /received \d{4}-\d\d-\d\d/.test(state), state);
  const channel = (await api(`meters/${items[0].meter}`)).channels[0];
  const arrivals = await api(`channels/${channel.channel}/arrivals`);
  same('meter: a row for each message', await page.locator('section[aria-label="Received"] tbody tr').count(), arrivals.items.length);
}

async function headEndTellsWhatCame(page) {
  await show(page, '/head-ends');
  const { items } = await api('head-ends');
  const rows = page.locator('section[aria-label="Head-ends"] tbody tr');
  same('head-ends: a row for each', await rows.count(), items.length);
  const busiest = [...items].sort((a, b) => b.received.batches - a.received.batches)[0];
  check('head-ends: one is reached by keyboard', await tabTo(page, `document.activeElement.textContent === ${JSON.stringify(busiest.name)}`));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/head-ends\/./);
  await settled(page);
  const detail = await api(`head-ends/${encodeURIComponent(busiest.name)}`);
  same('head-end: its messages', await figure(page, 'Messages'), grouped(detail.received.batches));
  await page.locator('details summary').first().click();
  same('head-end: a row for each hour in which something came', await page.locator('details tbody tr').count(), detail.arrivals.length);
  check('head-end: the chart has a summary in words', (await page.locator('.summary').innerText()).includes(grouped(detail.arrivals.reduce((sum, { stored }) => sum + stored, 0))));
}

/** Orders of a stand-in: one that answers at the third question, and one that never does. */
async function meterIsAsked(page) {
  const { items } = await api('roll-out?limit=1');
  const order = (id, kind, state, tries, outcome) => ({
    id, kind, why: 'on_demand', asked_by: 'Ada', route: { head_end: 'HES-1', device: 'D', refused: null }, next_at: newest,
    deadline: newest, state, tries, ordered_at: newest, asked_at: null, closed_at: null, outcome,
  });
  const sent = [];
  let questions = 0;
  await page.route('**/api/v1/orders**', async (route) => {
    const request = route.request();
    if (request.method() === 'POST') {
      sent.push(JSON.parse(request.postData()));
      return route.fulfill({ status: 202, json: { orders: [order(sent.length, sent.at(-1).kind, 'open', 0, '')] } });
    }
    const id = Number(new URL(request.url()).pathname.split('/').at(-1));
    if (!id) return route.fulfill({ json: { orders: [], counts: [] } });
    questions++;
    if (id === 1) return route.fulfill({ json: questions < 3 ? order(1, 'ping', 'asked', 1, '') : order(1, 'ping', 'answered', 1, 'a reading came') });
    return route.fulfill({ json: order(2, 'read_now', 'given_up', 2, 'HES-1 was asked twice and nothing came') });
  });
  await show(page, `/meters/${items[0].meter}`);
  await page.getByRole('button', { name: 'Ping' }).press('Enter');
  await page.locator('dialog input').fill('Ada');
  await page.keyboard.press('Enter');
  const status = page.locator('section[aria-labelledby="orders-title"] [role="status"]');
  await status.getByText('asked, no answer yet').waitFor();
  check('ask: progress is told while there is no answer', /Ping over HES-1: .*tried once, \d seconds?/.test(await status.innerText()), await status.innerText());
  await status.getByText('a reading came').waitFor();
  check('ask: an answer is told', (await status.innerText()).includes('answered'));
  await page.getByRole('button', { name: 'Read now' }).press('Enter');
  await status.getByText('nothing came').waitFor();
  check('ask: that nobody answers is said, and how often it was tried', (await status.innerText()).includes('no answer, tried 2 times'), await status.innerText());
  same('ask: who asked for what', JSON.stringify(sent.map(({ kind, by }) => [kind, by])), '[["ping","Ada"],["read_now","Ada"]]');
  await accessible(page, 'a meter that is asked');
  await page.unroute('**/api/v1/orders**');
}

/** The silent meters of the roll-out in at most two actions, and their CSV. */
async function rollOutFindsTheSilent(page) {
  await show(page, '/');
  check('roll-out: is reached by keyboard', await tabTo(page, "document.activeElement.textContent === 'Roll-out'"));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/roll-out/);
  await settled(page);
  const { total } = await api('roll-out');
  for (const [name, count] of [['Installed$', total.installed], ['Reporting', total.reporting], ['Installed, silent > 48 h', total.silent], ['Never reported', total.never]]) {
    same(`roll-out: ${name.toLowerCase().replace('$', '')}`, await figure(page, name), grouped(count));
  }
  check('one action: the tile of silent meters has the focus', await tabTo(page, "document.activeElement.textContent.startsWith('Installed, silent')"));
  await page.keyboard.press('Enter');
  await page.waitForURL(/state=silent/);
  await settled(page);
  const told = await api('roll-out?state=silent&limit=50');
  const rows = page.locator('section[aria-labelledby="meters-title"] tbody tr');
  same('two actions: the silent meters are listed', await rows.count(), told.items.length);
  const link = await page.locator('a[download]').getAttribute('href');
  const csv = await (await fetch(new URL(link, base))).text();
  same('roll-out: the CSV has a row for each of them', csv.trim().split('\n').length - 1, told.items_count);
  await show(page, '/roll-out?state=never');
  const never = await api('roll-out?state=never');
  same('roll-out: meters that never reported are named', await rows.count(), never.items.length);
  check('roll-out: and there is one', 0 < never.items.length);
  await page.locator('#hours').selectOption('168');
  await page.waitForURL(/silent_hours=168/);
  await settled(page);
  check('roll-out: the hours are in the address', (await page.locator('main').innerText()).includes('silent > 168 h'));
  await show(page, '/roll-out');
  check('roll-out: there is a map where positions are known', (await api('roll-out')).map === null || (await page.locator('section[aria-labelledby="map-title"]').count()) === 1);
}

/** What fails is told without being asked for, and a month is added up. */
async function dependenciesAreTold(page) {
  const { items, as_of } = await api('dependencies');
  const broken = items.find(({ name }) => name === 'registry') ?? stop('the registry is no dependency');
  const up = items.map((item) => ({ ...item, state: 'up', why: null }));
  let told = up;
  await page.route('**/api/v1/dependencies', (route) => route.fulfill({ json: { as_of, items: told, next: null } }));
  await show(page, '/');
  const panel = page.locator('section[aria-labelledby="dependencies-title"]');
  check('dependencies: that all work is said', (await panel.innerText()).includes(`All ${up.length} part`), await panel.innerText());
  told = up.map((item) => (item.name === broken.name ? { ...item, state: 'down', why: 'the disk is gone' } : item));
  await panel.getByText('the disk is gone').waitFor({ timeout: 30_000 });
  same('dependencies: what fails is listed alone', await panel.locator('tbody tr').count(), 1);
  await page.unroute('**/api/v1/dependencies');
  await panel.getByRole('link', { name: 'Reliability' }).press('Enter');
  await page.waitForURL(/\/reliability/);
  await settled(page);
  const report = await api('reliability');
  same('reliability: a row for each', await page.locator('#reliability tbody tr').count(), report.items.length);
  check('reliability: there is one', 0 < report.items.length);
  const csv = await (await fetch(new URL(await page.locator('a[download]').getAttribute('href'), base))).text();
  same('reliability: the CSV has a row for each', csv.trim().split('\n').length - 1, report.items.length + report.zones.length);
}

async function feedsAreCounted(page) {
  const { items } = await api('head-ends');
  await show(page, '/head-ends');
  const known = items.filter(({ intervals }) => intervals?.until).length;
  const column = page.locator('section[aria-label="Head-ends"] tbody td:nth-child(7) span[title]');
  same('head-ends: up to when the intervals of each have come', await column.count(), known);
  await show(page, '/roll-out');
  const { items: excursions } = await api('feeders/events');
  const panel = page.locator('section[aria-labelledby="feeder-events-title"]');
  same('feeders: a row for each excursion', await panel.locator('tbody tr').count(), excursions.length);
}

async function unhappyPaths(page) {
  const expectedComplaints = complaints.length;
  await show(page, '/head-ends/nobody');
  check('errors: an unknown head-end is said in words', /no head-end is called/.test(await page.locator('[role="alert"]').innerText()));
  await page.route('**/api/v1/board*', async (route) => {
    const board = await (await fetch(route.request().url())).json();
    board.exceptions = { value: null, problem: 'the disk is full' };
    await route.fulfill({ json: board });
  });
  await show(page, `/?date=${date}`);
  const part = await page.locator('#exceptions').innerText();
  check('partial: a part that is not known says so, and why', /Not known now/.test(part) && part.includes('the disk is full'), part);
  check('partial: the others are told', (await page.locator('#zones tbody tr').count()) > 0);
  await page.unroute('**/api/v1/board*');
  await page.route('**/api/v1/board*', (route) => route.abort());
  await page.getByRole('button', { name: 'Refresh' }).press('Enter');
  await page.locator('.notice[role="alert"]').waitFor();
  check('stale: old figures stay and are called old', /Not up to date/.test(await page.locator('.notice[role="alert"]').innerText()) && (await page.locator('.tile').count()) > 0);
  await page.unroute('**/api/v1/board*');
  await page.route('**/api/v1/board*', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', json: { title: 'Busy', detail: 'starting', remedy: 'Try again.' } }));
  await show(page, '/');
  check('error: a board that cannot be had says why', /Busy/.test(await page.locator('[role="alert"]').innerText()));
  await page.unroute('**/api/v1/board*');
  await show(page, '/?date=1999-01-01');
  check('empty: a day of which nothing was expected says so', (await page.locator('#zones').innerText()).includes('No reading was expected'));
  complaints.splice(expectedComplaints);
}

async function fitsNarrowAndPrint(page) {
  const { items } = await api('head-ends');
  const places = [`/?date=${date}`, '/head-ends', `/head-ends/${encodeURIComponent(items[0].name)}`, '/roll-out', '/reliability', `/collection?date=${date}&reason=meter_silent`];
  await page.setViewportSize({ width: 400, height: 800 });
  for (const path of places) {
    await show(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    same(`narrow: ${path.replace(date, 'DATE')} does not scroll sideways`, over, 0);
  }
  await page.setViewportSize({ width: 1360, height: 900 });
  await page.emulateMedia({ media: 'print' });
  await show(page, '/');
  check('print: without navigation', !(await page.locator('header.bar').isVisible()));
  await page.emulateMedia({ media: 'screen' });
}

async function pictures(page, scheme) {
  const { items } = await api('head-ends');
  const busiest = [...items].sort((a, b) => b.received.batches - a.received.batches)[0].name;
  const meter = (await api('roll-out?limit=1')).items[0].meter;
  const places = { board: `/?date=${date}`, 'head-ends': '/head-ends', 'head-end': `/head-ends/${encodeURIComponent(busiest)}`, 'roll-out': '/roll-out', reliability: '/reliability', list: `/collection?date=${date}&source=-`, received: `/meters/${meter}?tab=received` };
  for (const [name, path] of Object.entries(places)) {
    await show(page, path);
    await accessible(page, `${name}, ${scheme}`);
    const isKept = name === 'board' || (scheme === 'light' && (name === 'head-end' || name === 'roll-out'));
    if (isKept) await page.screenshot({ path: join(out, `${name}${name === 'board' ? `-${scheme}` : ''}.png`) });
  }
}

await watched.run(async () => {
  const page = await open();
  await boardShowsTheNight(page);
  await fromTheBoardToTheMeters(page);
  await meterTellsItsState(page);
  await meterIsAsked(page);
  await headEndTellsWhatCame(page);
  await rollOutFindsTheSilent(page);
  await dependenciesAreTold(page);
  await feedsAreCounted(page);
  await unhappyPaths(page);
  await fitsNarrowAndPrint(page);
  for (const scheme of ['light', 'dark']) {
    const themed = await open({ colorScheme: scheme });
    await pictures(themed, scheme);
    await themed.context().close();
  }
});
