/**
 * Works through the review queue, the editor and the approvals as a person with a keyboard does, and counts the actions.
 *
 *   node tests/review.mjs BASE OUT [MORE]
 *
 * BASE is the address of a running `amity serve` with open exceptions, or `mock` for the made-up utility beside this file; OUT
 * the folder for the pictures of the queue and the editor, MORE for those of everything else. What the script decides it undoes or leaves approved, so run it on data made for tests.
 * An action is one key press or one typed field. One line a check; exit status 1 when one failed, 2 when it could not run.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, launched, same, stop } from './browser.mjs';
import { shiftAssumedTime } from './assumed-time.mjs';
import { start } from './review-mock.mjs';

const [given = process.env.BASE, out = process.env.OUT, more] = process.argv.slice(2);
const BULK_ACTIONS_MAX = 3;
const BULK_SECONDS_MAX = 60;
const FILL_SECONDS_MAX = 45;
const FILL_ACTIONS_MAX = 6;

if (!given || !out) stop('usage: node tests/review.mjs BASE|mock OUT [MORE]');
[out, more].filter(Boolean).forEach((folder) => mkdirSync(folder, { recursive: true }));
const server = given === 'mock' ? await start() : null;
const watched = await launched(server ? `http://127.0.0.1:${server.address().port}` : given, 1000);
const { api, show, settled, complaints } = watched;

async function open(person, options) {
  const page = await watched.open(options);
  if (person) await page.addInitScript((name) => localStorage.setItem('person', JSON.stringify(name)), person);
  return page;
}

/** Holds a figure against what is expected; what follows a decision may take a moment. */
async function sameSoon(name, find, expected) {
  let found = await find();
  for (let tries = 0; tries < 50 && found !== expected; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = await find();
  }
  same(name, found, expected);
}

const openOnes = async (query = '') => (await api(`review/exceptions?state=open&limit=500${query}`)).exceptions;
const openTotal = async () => (await api('review/groups?state=open')).total;
const waitingTotal = async () => (await api('review/groups?state=open')).routed;
/** The groups as the page shows them: first what waits for a person. */
const shownGroups = async (by) =>
  (await Promise.all([true, false].map((routed) => api(`review/groups?state=open&by=${by}&routed=${routed}`)))).flatMap(({ groups }) => groups);

/** Counts what a person does: one key press, or one field typed. */
class Hands {
  actions = 0;
  #since = Date.now();
  constructor(page) {
    this.page = page;
  }
  async press(key) {
    this.actions++;
    await this.page.keyboard.press(key);
  }
  async type(text) {
    this.actions++;
    await this.page.keyboard.type(text);
  }
  get seconds() {
    return (Date.now() - this.#since) / 1000;
  }
}

const said = (page) => page.locator('.said .notice, #done .notice').first();

/** What has the focus, in words, and whether it can be seen. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const { top, bottom } = element.getBoundingClientRect();
    return { id: element.id, tag: element.tagName, text: element.textContent.trim().slice(0, 60), ring: style.outlineStyle !== 'none' && style.outlineWidth !== '0px', inside: 0 <= top && bottom <= innerHeight };
  });

/** Digits after a point that end in a zero and are longer than the three of a column. */
async function noUselessZeros(page, name) {
  const found = await page.evaluate(() => document.querySelector('main').innerText.match(/\d+\.\d{3,}0(?!\d)/g) ?? []);
  check(`${name}: no number ends in useless zeros`, found.length === 0, found.slice(0, 5).join(', '));
}

/** A picture of the page from its top, or of all of it, where somebody wants more than the two of the documentation. */
const picture = async (page, name, height) => {
  const clip = height && { x: 0, y: 0, width: 1360, height };
  const folder = height ? out : more;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, ...(clip && { clip }) });
};

async function linkedFromEverywhere(page) {
  const total = await waitingTotal();
  await show(page, '/fleet');
  const bar = await page.locator('nav[aria-label="Places"] a[href="/review"]').innerText();
  check('links: the navigation counts what waits for a person', bar.replace(/\D/g, '') === String(total), `${bar} / ${total}`);
  const tile = page.locator('a.tile[href="/review"] strong');
  same('links: so does the fleet', (await tile.innerText()).replace(/\D/g, ''), String(total));
  const [one] = await openOnes();
  await show(page, `/channels/${one.channel}`);
  check('links: so does the point', await page.locator(`a[href="/review?channel=${one.channel}"]`).isVisible());
  const range = `from=${new Date(one.start).toISOString()}&to=${new Date(one.end).toISOString()}`;
  await show(page, `/channels/${one.channel}?tab=days&${range}`);
  const link = page.locator(`section[aria-label="Days"] a[href="/review?channel=${one.channel}&date=${one.date}"]`);
  check('links: a day with failures leads to its review', await link.isVisible());
  await link.press('Enter');
  await settled(page);
  const rows = () => page.locator('[role="grid"] tbody tr').count();
  await sameSoon('links: to the exceptions of that day', rows, (await openOnes(`&channel=${one.channel}&date=${one.date}`)).length);
  await show(page, '/#/review');
  check('links: an address with a hash leads there too', new URL(page.url()).pathname === '/review');
}

/** What waits for a person stands apart from what is only recorded, and above it. */
async function twoQueues(page) {
  await show(page, '/review');
  const groups = await shownGroups('cause');
  const lists = page.locator('nav[aria-label="Groups"] ul');
  const [waiting, recorded] = [groups.filter(({ routed }) => routed), groups.filter(({ routed }) => !routed)];
  const expected = [['Waits for a person', waiting.length], ['For information', recorded.length]].filter(([, rows]) => rows);
  const found = await lists.evaluateAll((all) => all.map((list) => [list.getAttribute('aria-label'), list.children.length]));
  same('queue: two queues, what waits first', JSON.stringify(found), JSON.stringify(expected));
  check('queue: it says in words why something waits', (await page.locator('.why').innerText()).includes(groups[0].why), await page.locator('.why').innerText());
  if (waiting.length && recorded.length) {
    await page.keyboard.press('i');
    await settled(page);
    const title = await lists.last().locator('a').first().locator('.name').innerText();
    check('queue: i goes to the other one', (await page.locator('#group-title').innerText()).startsWith(title), title);
  }
  await page.getByLabel('Queue', { exact: true }).selectOption('false');
  await settled(page);
  same('queue: only what is recorded, where asked', await page.locator('nav[aria-label="Groups"] li').count(), recorded.length);
  check('names: the page says that they are not checked', (await page.locator('.title').innerText()).includes('not checked'));
}

/** The query of the one of the two queues that a group or an exception is in. */
const queueOf = ({ routed }) => `routed=${Boolean(routed)}`;

/** The person is not known yet: the first decision asks for the name, once. */
async function bulkAccept(page) {
  const all = await shownGroups('cause');
  const largest = all.reduce((most, each) => (most.count < each.count ? each : most));
  const groups = all.filter(({ routed }) => (0 < routed) === (0 < largest.routed));
  await show(page, `/review?${queueOf(largest)}`);
  const [before, waiting] = [await openTotal(), await waitingTotal()];
  check('queue: a group of one cause is there to be cleared', 1 < largest.count, JSON.stringify(largest));
  const hands = new Hands(page);
  const steps = groups.indexOf(largest);
  for (let step = steps; 0 < step; step--) await hands.press('J');
  await settled(page);
  same('queue: a row for each exception of the group', await page.locator('[role="grid"] tbody tr').count(), Math.min(largest.count, 200));
  await hands.press('A');
  await page.locator('#ask-name').waitFor();
  await hands.type('Ann Field');
  await hands.press('Enter');
  await said(page).waitFor();
  await settled(page);
  const seconds = hands.seconds;
  const actions = hands.actions - steps;
  console.log(`     ${largest.count} exceptions of one cause accepted with ${actions} actions in ${seconds.toFixed(1)} s, after ${steps} to reach them`);
  check(`queue: at most ${BULK_ACTIONS_MAX} actions`, actions <= BULK_ACTIONS_MAX, String(actions));
  check('queue: the cause is cleared in time', seconds <= BULK_SECONDS_MAX, `${seconds} s`);
  await sameSoon('queue: and nothing else', openTotal, before - largest.count);
  check('queue: it says what was done', (await said(page).innerText()).includes(`${largest.count} exceptions accepted`), await said(page).innerText());
  const bar = await page.locator('nav[aria-label="Places"] a[href="/review"]').innerText();
  same('queue: the count in the navigation follows', Number(bar.replace(/\D/g, '')), waiting - largest.routed);
  await hands.press('u');
  await page.getByText('open again').waitFor();
  await settled(page);
  await sameSoon('queue: u undoes the whole act', openTotal, before);
  // What goes on over midnight is a group of its own here, and one of those of the day where a day is asked for.
  return (await shownGroups('rule-date')).find((each) => each.rule === largest.rule && each.date === largest.date && queueOf(each) === queueOf(largest));
}

/** The slow way: every exception by itself. */
async function acceptOneByOne(page, largest) {
  await show(page, `/review?rule=${largest.rule}&date=${largest.date}&${queueOf(largest)}`);
  const hands = new Hands(page);
  await hands.press('j');
  for (let left = largest.count; 0 < left; left--) {
    await hands.press('a');
    await page.locator('dialog[open]').waitFor();
    await hands.press('Enter');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    if (1 < left) await page.waitForFunction((rows) => document.querySelectorAll('[role="grid"] tbody tr').length === rows && document.activeElement.tagName === 'TR', Math.min(left - 1, 200));
  }
  await page.getByText('Nothing waits here').waitFor();
  console.log(`     the same one by one: ${hands.actions} actions in ${hands.seconds.toFixed(1)} s`);
  same('queue: an empty queue says so and leads on', await page.getByRole('link', { name: 'All open exceptions' }).count(), 1);
}

async function queueByKeyboard(page, largest) {
  await show(page, `/review?rule=${largest.rule}&date=${largest.date}&${queueOf(largest)}`);
  await page.keyboard.press('j');
  const first = await focused(page);
  check('queue: j goes into the list, and the focus is seen', first.tag === 'TR' && first.ring && first.inside, JSON.stringify(first));
  await page.keyboard.press('j');
  check('queue: j goes on', (await focused(page)).text !== first.text);
  await page.keyboard.press('k');
  same('queue: k goes back', (await focused(page)).text, first.text);
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  same('queue: x selects', await page.locator('[role="grid"] tr[aria-selected="true"]').count(), 2);
  await page.keyboard.press('c');
  await page.keyboard.type('asked the crew');
  await page.keyboard.press('Enter');
  await page.getByText('Comment kept on 2 exceptions').waitFor();
  await settled(page);
  same('queue: the comment is there', (await openOnes()).filter(({ comment }) => comment === 'asked the crew').length, 2);
  await page.keyboard.press('s');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('assigned to Ann Field').waitFor();
  await settled(page);
  check('queue: assigned to me without typing', (await openOnes('&assignee=Ann%20Field')).length === 1);
  await page.getByRole('link', { name: 'Mine' }).press('Enter');
  await settled(page);
  same('filter: mine holds it', await page.locator('[role="grid"] tbody tr').count(), 1);
  await page.getByRole('button', { name: 'Save filter' }).press('Enter');
  await page.keyboard.type('my work');
  await page.keyboard.press('Enter');
  await show(page, '/review');
  await page.getByRole('link', { name: 'my work' }).press('Enter');
  await settled(page);
  same('filter: a saved one comes back after a reload', new URL(page.url()).searchParams.get('assignee'), 'Ann Field');
  await page.keyboard.press('?');
  check('keys: ? lists them', (await page.locator('dialog[open] dt').count()) >= 10);
  await accessible(page, 'keys');
  await page.getByLabel('Single keys act').press('Space');
  await page.keyboard.press('Escape');
  // Until the page has heard that the list of keys was closed, it does not open it again.
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('c');
  same('keys: they can be switched off', await page.locator('dialog[open]').count(), 0);
  await page.keyboard.press('?');
  await page.getByLabel('Single keys act').press('Space');
  await page.keyboard.press('Escape');
  for (const by of ['rule-date', 'rule', 'rule-date-slots', 'channel']) {
    await show(page, `/review?by=${by}`);
    const told = await shownGroups(by);
    same(`queue: grouped by ${by}`, await page.locator('nav[aria-label="Groups"] li').count(), told.length);
    same(`queue: the first group by ${by} has its rows`, await page.locator('[role="grid"] tbody tr').count(), Math.min(told[0].count, 200));
  }
}

/** A gap of three hours on one channel, found through the API. */
async function gapOf(hours) {
  const all = await openOnes('&rule=V30');
  const long = (each) => (Date.parse(each.end) - Date.parse(each.start)) / 3_600_000 === hours;
  return all.find(long) ?? stop(`no open gap of ${hours} h at ${base}`);
}

async function fillGap(page) {
  const gap = await gapOf(3);
  await show(page, `/review?rule=V30&date=${gap.date}&channel=${gap.channel}&${queueOf(gap)}`);
  await page.evaluate(() => (window.dragged = 0) || addEventListener('pointerdown', () => window.dragged++));
  const hands = new Hands(page);
  await hands.press('e');
  await page.waitForURL(/\/review\/edit/);
  await page.locator('.method').first().waitFor();
  await settled(page);
  const { methods } = await api(`review/preview?channel=${gap.channel}&from=${new Date(gap.start).toISOString()}&to=${new Date(gap.end).toISOString()}`);
  const eligible = methods.findIndex((each) => each.eligible);
  await hands.press('1');
  same('editor: the number of a method goes on to the reason', (await focused(page)).id, 'reason');
  const { reasons } = await api('review/reasons');
  await hands.type((reasons.find(({ code }) => code === 'communication') ?? reasons[0]).code.slice(0, 4));
  check('editor: the reason is chosen by typing', (await page.locator('#reason').inputValue()) !== '');
  await hands.press('Tab');
  const note = await focused(page);
  check('editor: then the note, and the focus is seen', note.id === 'note' && note.ring && note.inside, JSON.stringify(note));
  await hands.type('meter was silent after the outage; neighbours look as usual');
  await page.locator('.verdict').waitFor();
  await settled(page);
  same('editor: validation is green before it is proposed', await page.locator('.verdict').innerText(), 'Validation passes');
  check('editor: and says which rule it heals', (await page.locator('.check').innerText()).includes('V30 failed before, passes now'), await page.locator('.check').innerText());
  await hands.press('Enter');
  await said(page).waitFor();
  const [actions, seconds] = [hands.actions, hands.seconds];
  console.log(`     a gap of 3 h filled, with reason and green validation: ${actions} actions in ${seconds.toFixed(1)} s, from the queue on`);
  check(`editor: at most ${FILL_ACTIONS_MAX} actions`, actions <= FILL_ACTIONS_MAX, String(actions));
  check(`editor: at most ${FILL_SECONDS_MAX} s`, seconds <= FILL_SECONDS_MAX, String(seconds));
  same('editor: no pointer was used', await page.evaluate(() => window.dragged), 0);
  const { proposals } = await api('review/proposals?state=proposed');
  const act = proposals.find(({ days }) => days.some((day) => day.channel === gap.channel));
  check('editor: the proposal is there, whole', act?.method === methods[eligible].method && act.proposed_by === 'Ann Field' && act.days[0].after.length === methods[eligible].values.length, JSON.stringify(act));
  same('editor: its values are those of the preview', JSON.stringify(act.days[0].after.map(Number)), JSON.stringify(methods[eligible].values.map(Number)));
  const listed = page.locator('section[aria-labelledby="proposals-title"]');
  await sameSoon('editor: it lists the proposal', async () => (await listed.innerText()).includes(`Act ${act.act}: Ann Field`), true);
  return { gap, act };
}

async function ownProposalIsRefused(page, act) {
  await show(page, '/review/proposals');
  const kept = complaints.length;
  await page.locator(`article[aria-labelledby="act-${act.act}"]`).getByRole('button', { name: 'Approve' }).press('Enter');
  await page.locator('dialog[open] button[type="submit"]').press('Enter');
  await page.locator('[role="alert"]').waitFor();
  const words = await page.locator('[role="alert"]').innerText();
  check('approvals: one cannot approve oneself, and it says why', /second person|another person|other person|own|somebody else/i.test(words), words);
  complaints.splice(kept);
}

async function anotherPersonApproves(page, { gap, act }) {
  /** Words of a slot that nobody edited: a gap that stays open, or that a method filled. */
  const stood = /^(?!.*edited).*(missing|estimated)/s;
  await show(page, '/review/proposals');
  const waiting = (await api('review/proposals?state=proposed')).proposals.findIndex((each) => each.act === act.act);
  for (let step = 0; step <= waiting; step++) await page.keyboard.press('j');
  const reached = await focused(page);
  check('approvals: j goes to the act, and the focus is seen', reached.tag === 'ARTICLE' && reached.ring && reached.text.includes(`Act ${act.act}`), JSON.stringify(reached));
  await page.keyboard.press('a');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText(`Act ${act.act} is approved`).waitFor();
  const openGaps = async () => (await openOnes(`&channel=${gap.channel}&date=${gap.date}&rule=V30`)).length;
  await sameSoon('approvals: the exception is edited then', openGaps, 0);
  const range = `from=${new Date(gap.start).toISOString()}&to=${new Date(gap.end).toISOString()}`;
  await show(page, `/review/edit?channel=${gap.channel}&${range}`);
  const history = page.locator('section[aria-labelledby="history-title"]');
  check('history: the act is there with person and reason', (await history.innerText()).includes('meter was silent'), await history.innerText());
  const selected = page.locator('.editor [role="grid"] tr[aria-selected="true"]').first();
  check('history: the table holds the new values in words', /edited/.test(await selected.innerText()), await selected.innerText());
  const decided = await api(`channels/${gap.channel}/explain?date=${gap.date}`);
  const before = new Date(Date.parse(decided.decisions.find((each) => each.act === act.act).at) - 1000).toISOString();
  await show(page, `/review/edit?channel=${gap.channel}&${range}&as_of=${before}`);
  check('history: as of before, what was there before is there again', stood.test(await selected.innerText()), await selected.innerText());
  same('history: and nothing can be edited', await page.locator('.editor [role="grid"] input, #reason').count(), 0);
  await show(page, `/review/edit?channel=${gap.channel}&${range}`);
  await history.getByRole('link', { name: 'as of then' }).first().press('Enter');
  await settled(page);
  check('history: "as of then" opens the past', new URL(page.url()).searchParams.has('as_of'));
  await page.getByRole('button', { name: 'Back to now' }).press('Enter');
  await settled(page);
  await history.getByRole('button', { name: 'Undo' }).press('Enter');
  await page.locator('dialog[open] button[type="submit"]').press('Enter');
  await sameSoon('history: undone, the values are what they were', async () => stood.test(await selected.innerText()), true);
  const isUndone = async () => (await history.innerText()).includes('undone by Ben Okoye');
  await sameSoon('history: the undone act stays in it', isUndone, true);
  await sameSoon('history: undone, the exception is open again', openGaps, 1);
  await show(page, '/review/proposals?state=undone');
  check('approvals: the undone act stays on record', await page.locator(`article[aria-labelledby="act-${act.act}"]`).isVisible());
}

/** Every value of the selection says where it comes from, now and as of then. */
async function lineageIsTold(page, gap) {
  const range = `from=${new Date(gap.start).toISOString()}&to=${new Date(gap.end).toISOString()}`;
  const lineage = page.locator('section[aria-labelledby="lineage-title"]');
  await show(page, `/review/edit?channel=${gap.channel}&${range}`);
  const told = await api(`channels/${gap.channel}/explain?date=${gap.date}`);
  const values = told.values.filter(({ start }) => Date.parse(gap.start) <= Date.parse(start) && Date.parse(start) < Date.parse(gap.end));
  same('lineage: a row for each value of the selection', await lineage.locator('tbody tr').count(), values.length);
  const words = await lineage.innerText();
  check('lineage: run, plan and version', [`run ${told.run}`, told.plan_name, `version ${told.plan_version}`].every((part) => words.includes(part)), words);
  const [value] = values;
  const parts = [...value.statuses, ...value.rules.map(({ rule }) => rule), value.method, value.act === null ? value.inputs_hash : `act ${value.act}`].filter(Boolean);
  check('lineage: statuses, failed rules, method and hash', parts.every((part) => words.includes(part)), `${parts} / ${words}`);
  const before = new Date(Date.parse(told.decisions[0].at) - 1000).toISOString();
  const then = (await api(`channels/${gap.channel}/explain?date=${gap.date}&as_of=${before}`)).values[value.slot];
  await show(page, `/review/edit?channel=${gap.channel}&${range}&as_of=${before}`);
  const row = await lineage.locator('tbody tr').first().innerText();
  check('lineage: as of then', then.statuses.every((part) => row.includes(part)), `${then.statuses} / ${row}`);
}

/** Chart and table are two views of one selection; every way of moving it works by keyboard and without a drag. */
async function oneSelection(page, gap) {
  const range = `from=${new Date(gap.start).toISOString()}&to=${new Date(gap.end).toISOString()}`;
  await show(page, `/review/edit?channel=${gap.channel}&${range}`);
  const selected = () => page.locator('.editor [role="grid"] tr[aria-selected="true"]').count();
  const slots = await selected();
  await page.keyboard.press('g');
  await page.keyboard.press('Shift+ArrowRight');
  same('selection: longer in the chart is longer in the table', await selected(), slots + 1);
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  same('selection: and shorter again', await selected(), slots - 1);
  await page.keyboard.press('t');
  await page.keyboard.press('ArrowDown');
  same('selection: moved in the table it is one interval', await selected(), 1);
  const row = await focused(page);
  check('selection: the focus moves with it and is seen', row.tag === 'TR' && row.ring, JSON.stringify(row));
  await page.keyboard.press('Shift+ArrowDown');
  same('selection: shift makes it two', await selected(), 2);
  await page.keyboard.press('Home');
  await page.keyboard.press('g');
  await page.keyboard.press('Home');
  await page.keyboard.press('n');
  same('selection: n finds the next stretch in doubt', await selected(), slots);
  await page.locator('.controls button[aria-pressed="true"]').waitFor();
  check('selection: a button stands for each stretch', true);

  await page.locator('.editor [role="grid"] input').first().focus();
  await page.keyboard.type('0,25');
  await page.keyboard.press('Enter');
  await page.keyboard.type('0.5');
  await page.keyboard.press('Tab');
  const inputs = await page.locator('.editor [role="grid"] input').evaluateAll((all) => all.slice(0, 2).map(({ value }) => value));
  same('table: typed values stand, Enter goes down', inputs.join(' '), '0.25 0.5');
  await page.locator('.verdict').waitFor();
  check('check: half a gap is still a gap, live', /would fail/.test(await page.locator('.verdict').innerText()), await page.locator('.verdict').innerText());
  await accessible(page, 'editor with a failing check');
  await page.locator('.editor [role="grid"] input').first().evaluate((field) => {
    const data = new DataTransfer();
    data.setData('text', '0.1\n0.2\n0.3');
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  const pastedOnes = await page.locator('.editor [role="grid"] input').evaluateAll((all) => all.slice(0, 3).map(({ value }) => value));
  same('table: a pasted column fills downwards', pastedOnes.join(' '), '0.1 0.2 0.3');
  await page.keyboard.press('g');
  await page.locator('.stage').focus();
  await page.keyboard.press('u');
  const undone = await page.locator('.editor [role="grid"] input').evaluateAll((all) => all.slice(0, 2).map(({ value }) => value));
  same('table: u takes it back', undone.join(' '), '0.25 0.5');
}

async function severalChannels(page) {
  const all = await openOnes('&rule=V30');
  const [first, second] = all.filter((each) => all.some((other) => other.channel !== each.channel && other.start === each.start && other.end === each.end && other.routed === each.routed));
  await show(page, `/review?rule=V30&date=${first.date}&${queueOf(first)}`);
  await page.locator('[role="grid"] tr', { hasText: first.label }).focus();
  await page.keyboard.press('x');
  await page.locator('[role="grid"] tr', { hasText: second.label }).focus();
  await page.keyboard.press('x');
  await page.keyboard.press('e');
  await page.waitForURL(/\/review\/edit/);
  await page.locator('.method').first().waitFor();
  await settled(page);
  same('several: both channels are edited', new URL(page.url()).searchParams.get('channel'), `${first.channel},${second.channel}`);
  await page.keyboard.press('1');
  await page.locator('.verdict').waitFor();
  await settled(page);
  same('several: validation of both', await page.locator('.verdict').innerText(), 'Validation passes');
  same('several: two fields a row', await page.locator('.editor [role="grid"] tr[aria-selected="true"]').first().locator('input').count(), 2);
  await picture(page, 'editor-several');
}

async function fitsNarrow(page, gap) {
  await page.setViewportSize({ width: 400, height: 800 });
  const range = `from=${new Date(gap.start).toISOString()}&to=${new Date(gap.end).toISOString()}`;
  for (const path of ['/review', `/review/edit?channel=${gap.channel}&${range}`, '/review/proposals?state=approved']) {
    await show(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    same(`narrow: ${path.replace(/\?.*/, '')} does not scroll sideways`, over, 0);
    const small = await page.evaluate(() => [...document.querySelectorAll('main button, main select, main input:not([type=checkbox], [type=radio])')].filter((each) => each.getBoundingClientRect().height < 24).length);
    same(`narrow: ${path.replace(/\?.*/, '')} has no target below 24 px`, small, 0);
  }
  await picture(page, 'approvals-narrow');
  await show(page, `/review/edit?channel=${gap.channel}&${range}`);
  await picture(page, 'editor-narrow');
  await page.setViewportSize({ width: 1360, height: 1000 });
}

async function pictures(page, scheme, gap) {
  await show(page, '/review');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await accessible(page, `queue, ${scheme}`);
  await noUselessZeros(page, `queue, ${scheme}`);
  await picture(page, `review-${scheme}`, 830);
  await page.keyboard.press('A');
  await accessible(page, `accept, ${scheme}`);
  await picture(page, `accept-${scheme}`);
  await page.keyboard.press('Escape');
  const range = `from=${new Date(gap.start).toISOString()}&to=${new Date(gap.end).toISOString()}`;
  await show(page, `/review/edit?channel=${gap.channel}&${range}`);
  await page.keyboard.press('1');
  await page.locator('.verdict').waitFor();
  await settled(page);
  await accessible(page, `editor, ${scheme}`);
  await noUselessZeros(page, `editor, ${scheme}`);
  await picture(page, `editor-${scheme}`, 1510);
  for (const state of ['proposed', 'undone']) {
    await show(page, `/review/proposals?state=${state}`);
    await accessible(page, `approvals, ${state}, ${scheme}`);
    await noUselessZeros(page, `approvals, ${state}, ${scheme}`);
    await picture(page, `approvals-${state}-${scheme}`);
  }
}

async function unhappyPaths(page) {
  const kept = complaints.length;
  await show(page, '/review/edit');
  check('empty: an editor without a channel leads to the queue', (await page.locator('main').innerText()).includes('No channel with intervals is chosen'));
  await show(page, '/review/edit?channel=4294967295');
  check('errors: an unknown channel is said in words', (await page.locator('[role="alert"]').first().innerText()).length > 20);
  await show(page, '/review?rule=V99');
  check('empty: a filter without hits says so', (await page.locator('main').innerText()).includes('Nothing waits here'));
  await page.route('**/api/v1/review/accept', (route) => route.abort());
  await show(page, '/review');
  await page.keyboard.press('a');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('[role="alert"]').waitFor();
  check('errors: a decision that did not arrive is said', (await page.locator('[role="alert"]').innerText()).includes('did not answer'));
  await page.unroute('**/api/v1/review/accept');
  await page.route('**/api/v1/review/**', (route) => route.fulfill({ status: 404, json: { title: 'Not found', detail: 'no review here' } }));
  await show(page, '/fleet');
  same('errors: the fleet is shown where the review cannot be asked', await page.locator('a.tile[href="/review"] strong').innerText(), '–');
  await page.unroute('**/api/v1/review/**');
  complaints.splice(kept);
}

await watched.run(async () => {
  const page = await open(null);
  await watched.transferIsSmall(page, '/review');
  await linkedFromEverywhere(page);
  await twoQueues(page);
  const largest = await bulkAccept(page);
  await queueByKeyboard(page, largest);
  const filled = await fillGap(page);
  await ownProposalIsRefused(page, filled.act);
  const colleague = await open('Ben Okoye');
  await anotherPersonApproves(colleague, filled);
  await lineageIsTold(colleague, filled.gap);
  await oneSelection(colleague, filled.gap);
  await severalChannels(colleague);
  if (server) await shiftAssumedTime(watched, colleague);
  // A proposal to look at; while it waits, nobody can accept what it is about.
  const { act: waiting } = await fillGap(page);
  await unhappyPaths(colleague);
  await fitsNarrow(colleague, filled.gap);
  for (const scheme of ['light', 'dark']) {
    const themed = await open('Ben Okoye', { colorScheme: scheme });
    await pictures(themed, scheme, filled.gap);
    await themed.context().close();
  }
  await api(`review/proposals/${waiting.act}/reject`, { by: 'Ben Okoye', note: '' });
  await acceptOneByOne(page, largest);
});
server?.close();
