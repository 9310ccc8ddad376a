/**
 * Goes through the page as a person with a keyboard does and holds what it shows against the API.
 *
 *   node tests/page.mjs BASE OUT [CHANNEL]
 *
 * BASE is the address of a running `amity serve` that holds readings, OUT the folder for the pictures, CHANNEL the label of
 * the channel to look at (the first with intervals otherwise). The browser is Debian's Chromium, or CHROMIUM.
 * One line a check; exit status 1 when one failed, 2 when the test itself could not run.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, launched, same, stop } from './browser.mjs';

const [base = process.env.BASE, out = process.env.OUT, wanted = process.env.CHANNEL] = process.argv.slice(2);

if (!base || !out) stop('usage: node tests/page.mjs BASE OUT [CHANNEL]');
mkdirSync(out, { recursive: true });
const watched = await launched(base, 900);
const { api, open, show, settled, complaints } = watched;

/** As the page writes numbers: thousands set apart by a narrow space, no zeros after the third decimal. */
const grouped = (decimal) => {
  const [whole, fraction] = String(decimal).split('.');
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  return fraction === undefined ? spaced : `${spaced}.${fraction.replace(/(?<=^\d{3,}?)0+$/, '')}`;
};

/** Tabs until an element that fits has the focus, as a person without a mouse does. */
async function tabTo(page, fits, steps = 80) {
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(fits)) return true;
  }
  return false;
}

const parameter = (page, name) => new URL(page.url()).searchParams.get(name);
const length = (page) => Date.parse(parameter(page, 'to')) - Date.parse(parameter(page, 'from'));

async function fleetShowsTheFigures(page) {
  await show(page, '/fleet');
  const fleet = await api('fleet');
  const tile = (name) => page.locator('.tile', { has: page.locator('span', { hasText: new RegExp(`^${name}$`) }) });
  const figure = (name) => tile(name).locator('strong').innerText();
  same('fleet: usage points', await figure('Usage points'), grouped(fleet.counts.usage_points));
  same('fleet: meters', await figure('Meters'), grouped(fleet.counts.meters));
  same('fleet: channels', await figure('Channels'), grouped(fleet.counts.channels));
  same('fleet: missing readings', await figure('Missing'), grouped(fleet.gaps.missing));
  same('fleet: quarantine', await figure('Quarantine'), grouped(fleet.quarantine.open));
  const exact = await tile('Readings').getAttribute('title');
  same('fleet: readings, exactly', exact, `${grouped(fleet.counts.readings)} interval readings`);
  const rows = page.locator('#read-rate tbody tr');
  same('fleet: a row for each day of the read rate', await rows.count(), fleet.read_rate.length);
  const last = fleet.read_rate.at(-1);
  if (last) {
    const cells = await rows.first().locator('td').allInnerTexts();
    same('fleet: received on the last full day', cells[1], grouped(last.received));
    same('fleet: missing on the last full day', cells[2], grouped(last.expected - last.received));
  }
  check('fleet: says as of when', /as of \d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d/.test(await page.locator('.title').innerText()));
}

async function searchByKeyboard(page, channel) {
  await show(page, '/');
  await page.keyboard.press('Tab');
  same('keyboard: the first stop skips to the content', await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  same('keyboard: the content has the focus then', await page.evaluate(() => document.activeElement.id), 'main');
  await page.keyboard.press('/');
  same('keyboard: / goes to the search', await page.evaluate(() => document.activeElement.id), 'search');
  await page.keyboard.type(channel.label);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/channels\?q=/);
  await settled(page);
  const reached = await tabTo(page, `document.activeElement.getAttribute('href') === '/channels/${channel.channel}'`);
  check('keyboard: the search finds the channel', reached);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/channels\/\d+/);
  await page.locator('canvas').waitFor();
  const title = await page.locator('h1').innerText();
  check('keyboard: the channel opens', title.includes(channel.usage_point.name), title);
}

async function chartByKeyboard(page, channel) {
  const range = await shownRange(page);
  const readings = await api(`channels/${channel.channel}/readings?${range}`);
  await settled(page);
  const legend = await page.locator('.legend').first().innerText();
  check('chart: the total is that of the API', legend.includes(`${grouped(readings.summary.final_sum)} ${readings.unit}`), legend);
  for (const { class: quality, count } of readings.summary.classes) {
    check(`chart: ${quality} is said in words and counted`, new RegExp(`${quality}[a-z ]*\\s+${grouped(count)}`, 'i').test(legend), legend);
  }
  const summary = await page.locator('#profile-summary').innerText();
  check('chart: has a summary that is heard', summary.includes(`${grouped(readings.summary.received)} of ${grouped(readings.summary.expected)}`), summary);
  check('chart: names zone and interval naming', /named by its start/.test(await page.locator('.panel header').first().innerText()));

  check('chart: is reached by Tab', await tabTo(page, "document.activeElement.getAttribute('role') === 'application'"));
  await page.keyboard.press('ArrowLeft');
  await settled(page);
  const panned = { from: parameter(page, 'from'), length: length(page) };
  check('chart: the left arrow goes to earlier readings', Date.parse(panned.from) < Date.parse(rangeStart(range)));
  await page.keyboard.press('ArrowRight');
  await settled(page);
  same('chart: the right arrow comes back', parameter(page, 'from'), rangeStart(range));
  await page.keyboard.press('+');
  await settled(page);
  check('chart: + shows half as much', Math.abs(length(page) / panned.length - 0.5) < 0.05, String(length(page)));
  await page.keyboard.press('-');
  await settled(page);
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  const at = parameter(page, 'at');
  check('chart: shift and an arrow choose an interval', at !== null);
  const status = await page.locator('output.status').innerText();
  const [slot] = (await api(`channels/${channel.channel}/readings?from=${at}&to=${new Date(Date.parse(at) + channel.interval_seconds * 1000).toISOString()}`)).runs;
  const digits = (slot?.final ?? slot?.raw)?.[0];
  const told = digits === null || digits === undefined ? 'no final value' : grouped(decimal(digits, readings.exponent));
  check('chart: the chosen interval tells its value', status.includes(told), `${status} / ${told}`);
  await page.keyboard.press('Enter');
  await settled(page);
  const versions = await api(`channels/${channel.channel}/versions?at=${at}`);
  same('chart: Enter shows every version', await page.locator('section[aria-label="Versions"] tbody tr').count(), versions.versions.length);
}

function decimal(digits, exponent) {
  if (0 <= exponent) return String(digits * 10 ** exponent);
  const text = String(Math.abs(digits)).padStart(1 - exponent, '0');
  return `${digits < 0 ? '-' : ''}${text.slice(0, exponent)}.${text.slice(exponent)}`;
}

const rangeStart = (range) => new URLSearchParams(range).get('from');

/** The range of the page: from the address, or what its CSV link says where the address is silent. */
async function shownRange(page) {
  const link = new URL(await page.locator('a[download]').first().getAttribute('href'), base);
  return `from=${link.searchParams.get('from')}&to=${link.searchParams.get('to')}`;
}

async function tablesHoldTheSame(page, channel) {
  await show(page, `/channels/${channel.channel}?zone=utc`);
  const range = await shownRange(page);
  const readings = await api(`channels/${channel.channel}/readings?${range}`);
  const rows = page.locator('section[aria-label="Values"] tbody tr');
  const first = (await rows.first().locator('th, td').allInnerTexts()).map((text) => text.trim());
  const run = readings.runs[0];
  const start = run.start.replace('T', ' ').slice(0, 16);
  same('values: the first row is the first interval, in UTC', first[0], `${start} Z`);
  const raw = run.raw[0] === null ? '–' : grouped(decimal(run.raw[0], readings.exponent));
  same('values: its raw value', first[4], raw);
  const csv = await (await fetch(new URL(await page.locator('a[download]').first().getAttribute('href'), base))).text();
  same('values: the CSV has a row for each interval', csv.trim().split('\n').length - 1, readings.summary.expected);

  await show(page, `/channels/${channel.channel}?tab=days`);
  const days = await api(`channels/${channel.channel}/days?${await shownRange(page)}&limit=62`);
  const dayRows = page.locator('section[aria-label="Days"] tbody tr');
  same('days: a row for each', await dayRows.count(), days.items.length);
  const cells = (await dayRows.first().locator('th, td').allInnerTexts()).map((text) => text.trim());
  same('days: date, hours and sum of the newest', `${cells[0]} ${cells[1]} ${cells[3]}`, `${days.items[0].date} ${days.items[0].hours} ${grouped(days.items[0].final_sum)}`);

  await show(page, `/channels/${channel.channel}?tab=registers`);
  const checks = await api(`channels/${channel.channel}/sum-checks?limit=50`);
  const told = await page.locator('section[aria-labelledby="checks-title"] header').innerText();
  check('registers: the outcome of V50', told.includes(`${grouped(checks.passed)} passed`) && told.includes(`${grouped(checks.failed)} failed`), told);
}

async function everythingAtOnce(page, channel) {
  await show(page, `/channels/${channel.channel}`);
  await page.getByRole('button', { name: 'All', exact: true }).press('Enter');
  await settled(page);
  const expected = (await api(`channels/${channel.channel}/readings?${await shownRange(page)}`)).summary;
  const legend = await page.locator('.legend').first().innerText();
  check('chart: the whole history adds up', legend.includes(grouped(expected.final_sum)), legend);
  const drawn = await page.evaluate(() => performance.getEntriesByName('draw load profile').map(({ duration }) => duration));
  console.log(`     drawn in ${Math.max(...drawn).toFixed(0)} ms at most, ${expected.expected} intervals in the longest range`);
  const address = page.url();
  await page.reload();
  await settled(page);
  same('address: opens the same view again', page.url(), address);
  check('address: with the same figures', (await page.locator('.legend').first().innerText()) === legend);
}

async function quarantineIsWorked(page) {
  await show(page, '/quarantine');
  const told = await api('quarantine?limit=50');
  const open = told.reasons.reduce((sum, { count }) => sum + count, 0);
  if (!open) {
    check('quarantine: says that nothing waits', (await page.locator('main').innerText()).includes('Nothing is held back'));
    return;
  }
  const reasons = await page.locator('nav[aria-label="Reasons"] li').allInnerTexts();
  same('quarantine: counts by reason', reasons.map((text) => text.split(/\s+/).at(-1)).join(' '), [open, ...told.reasons.map(({ count }) => count)].map(grouped).join(' '));
  same('quarantine: a row for each item', await page.locator('section[aria-labelledby="items-title"] tbody tr').count(), told.items.length);
  check('quarantine: the first item is reached by Tab', await tabTo(page, `document.activeElement.textContent === ${JSON.stringify(told.items[0].subject)}`));
  await page.keyboard.press('Enter');
  await settled(page);
  const detail = await api(`quarantine/${told.items[0].id}`);
  const text = await page.locator('section[aria-labelledby="item-title"]').innerText();
  const plain = (prose) => prose.replaceAll('`', '');
  check('quarantine: explains and says what to do', text.includes(plain(detail.explanation)) && text.includes(plain(detail.remedy)), text);
  await page.getByRole('button', { name: 'Replay this item' }).press('Enter');
  await page.locator('[role="status"] .notice, [role="alert"]').first().waitFor();
  check('quarantine: a replay says what became of it', /released|still held/.test(await page.locator('main').innerText()));
}

async function unhappyPaths(page, channel) {
  const expectedComplaints = complaints.length;
  await show(page, '/channels/4294967295');
  const alert = await page.locator('[role="alert"]').innerText();
  check('errors: an unknown channel is said in words', /not in the registry/.test(alert), alert);
  await show(page, '/nowhere');
  check('errors: an unknown place leads back', await page.getByRole('link', { name: 'To the morning board', exact: true }).isVisible());
  await show(page, '/channels?q=no-such-name-anywhere');
  check('empty: a search without hits says what can be searched', (await page.locator('.empty').innerText()).includes('no-such-name-anywhere'));
  await show(page, `/channels/${channel.channel}?from=1971-01-01T00:00:00Z&to=1971-01-02T00:00:00Z`);
  check('empty: a range without readings says how to get back', (await page.locator('section[aria-label="Values"]').innerText()).includes('There are no readings'));
  await show(page, '/fleet');
  await page.route('**/api/v1/fleet', (route) => route.abort());
  await page.getByRole('button', { name: 'Refresh' }).press('Enter');
  await page.locator('[role="alert"]').waitFor();
  check('stale: old figures stay and are called old', /Not up to date/.test(await page.locator('[role="alert"]').innerText()) && (await page.locator('.tile').count()) > 0);
  await page.unroute('**/api/v1/fleet');
  complaints.splice(expectedComplaints);
}

async function fitsNarrowAndPrint(page, channel) {
  await page.setViewportSize({ width: 400, height: 800 });
  for (const path of ['/fleet', `/channels/${channel.channel}`, '/quarantine', `/collection?date=${channel.last_reading.slice(0, 10)}`]) {
    await show(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    same(`narrow: ${path.replace(/\d+/, 'n')} does not scroll sideways`, over, 0);
  }
  await page.setViewportSize({ width: 1360, height: 900 });
  await page.emulateMedia({ media: 'print' });
  await show(page, '/');
  check('print: without navigation', !(await page.locator('header.bar').isVisible()));
  await page.emulateMedia({ media: 'screen' });
}

async function weatherStandsBesideReadings(page, channel) {
  await show(page, `/review/edit?channel=${channel.channel}&from=2026-10-22T04:00:00Z&to=2026-10-23T04:00:00Z`);
  const words = await page.locator('main').innerText();
  check('editor: the weather of the days stands below the chart', words.includes('Mean temperature at YYZ') && words.includes('2026-10-22 −4.2 °C'), words.slice(0, 900));
}

async function collectionByKeyboard(page, channel) {
  const date = channel.last_reading.slice(0, 10);
  await show(page, `/collection?date=${date}`);
  const told = await api(`collection?date=${date}`);
  const rows = page.locator('section[aria-labelledby="zones-title"] tbody tr');
  same('collection: a row for each zone', await rows.count(), told.zones.length);
  check('collection: readings in time and expected', (await rows.first().innerText()).includes(`${grouped(told.zones[0].in_time)} of ${grouped(told.zones[0].expected)}`));
  const listed = await page.locator('section[aria-labelledby="rest-title"] tbody tr').count();
  same('collection: what does not count is listed', listed, Math.min(200, told.misses_count));
  check('collection: the day before is reached by keyboard', await tabTo(page, "document.activeElement.textContent === 'Day before'"));
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('date') < date);
  await settled(page);
  check('collection: its name says the day', (await page.locator('h1').innerText()).includes(parameter(page, 'date')));
  await show(page, '/collection?date=1999-01-01');
  check('collection: a day of which nothing was expected says so', (await page.locator('main').innerText()).includes('No reading was expected'));
}

async function pictures(page, scheme, channel) {
  await show(page, '/fleet');
  await accessible(page, `fleet, ${scheme}`);
  await page.screenshot({ path: join(out, `fleet-${scheme}.png`) });
  for (const path of ['/channels', '/usage-points', '/meters', '/nowhere']) {
    await show(page, path);
    await accessible(page, `${path.slice(1)}, ${scheme}`);
  }
  for (const tab of ['days', 'registers', 'versions', 'values']) {
    const at = encodeURIComponent(await middle(channel));
    await show(page, `/channels/${channel.channel}?tab=${tab}&at=${at}`);
    await page.locator('canvas').waitFor();
    await accessible(page, `channel, ${tab}, ${scheme}`);
  }
  await page.screenshot({ path: join(out, `meter-${scheme}.png`) });
  await show(page, `/collection?date=${channel.last_reading.slice(0, 10)}`);
  await accessible(page, `collection, ${scheme}`);
  if (scheme === 'light') await page.screenshot({ path: join(out, 'collection.png') });
  await show(page, '/quarantine');
  await accessible(page, `quarantine, ${scheme}`);
  if (scheme === 'light') await page.screenshot({ path: join(out, 'quarantine.png') });
}

/** An interval two days before the last reading: there is something to see on both sides. */
const middle = async (channel) =>
  new Date(Date.parse(channel.last_reading) - 2 * 86_400_000).toISOString().replace('.000Z', 'Z');

async function chosenChannel() {
  const { items } = await api(wanted ? `channels?q=${encodeURIComponent(wanted)}` : 'channels?limit=500');
  const channel = items.find(({ interval_seconds, last_reading }) => interval_seconds && last_reading);
  return channel ?? stop(`no channel with intervals at ${base}; load a file first`);
}

await watched.run(async () => {
  const channel = await chosenChannel();
  const page = await open();
  await watched.transferIsSmall(page, '/');
  await fleetShowsTheFigures(page);
  await searchByKeyboard(page, channel);
  await chartByKeyboard(page, channel);
  await tablesHoldTheSame(page, channel);
  await everythingAtOnce(page, channel);
  await weatherStandsBesideReadings(page, channel);
  await collectionByKeyboard(page, channel);
  await unhappyPaths(page, channel);
  await fitsNarrowAndPrint(page, channel);
  for (const scheme of ['light', 'dark']) {
    const themed = await open({ colorScheme: scheme });
    await pictures(themed, scheme, channel);
    await themed.context().close();
  }
  // Last, because a replay may change what the others count.
  await quarantineIsWorked(page);
});
