/**
 * Asks two meters from their pages as a person with a keyboard does: one that answers, and one that never does.
 *
 *   node tests/asked.mjs BASE OUT ALIVE DEAD
 *
 * BASE is the address of a running `amity serve` that collects from head-ends, OUT the folder for the pictures, ALIVE and DEAD
 * the names of the meters. One line a check; exit status 1 when one failed, 2 when the test itself could not run.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, launched, same, stop } from './browser.mjs';

const [base, out, alive, dead] = process.argv.slice(2);

if (!base || !out || !alive || !dead) stop('usage: node tests/asked.mjs BASE OUT ALIVE DEAD');
mkdirSync(out, { recursive: true });
const watched = await launched(base, 1100);
const { api, open, show, settled } = watched;

/** A bound for a failing test: what is waited for comes within the tries of the settings. */
const PATIENCE = { timeout: 120_000 };

async function idOf(meter) {
  const { items } = await api(`meters?q=${meter}`);
  return items.find(({ name }) => name === meter)?.id ?? stop(`no meter ${meter} at ${base}`);
}

const section = (page) => page.locator('section[aria-labelledby="orders-title"]');
const told = (page) => section(page).locator('[role="status"]');

/** Presses a button by keyboard, and signs where nobody did before. */
async function want(page, button, name) {
  await section(page).getByRole('button', { name: button }).focus();
  await page.keyboard.press('Enter');
  if (!name) return;
  await page.locator('dialog input').fill(name);
  await page.keyboard.press('Enter');
}

async function livingMeterAnswers(page, id) {
  await show(page, `/meters/${id}`);
  check('alive: that nothing was asked yet is said', (await section(page).innerText()).includes('Nothing was asked of it yet'));
  const before = await api(`events?device=${id}&newest=true&limit=5`);
  same('alive: its last events', await page.locator('#last-events tbody tr').count(), before.events.length);
  await want(page, 'Ping', 'Ada Lind');
  await told(page).getByText('● answered').waitFor(PATIENCE);
  check('alive: the ping is answered, and by what', /Ping over hes-cloud: .*answered/.test(await told(page).innerText()), await told(page).innerText());
  await want(page, 'Read now');
  await told(page).getByText(/Read on demand over hes-cloud: ● answered/).waitFor(PATIENCE);
  await settled(page);
  const rows = section(page).locator('table').first().locator('tbody tr');
  same('alive: both are in the list, the newest first', JSON.stringify(await rows.locator('td:nth-child(2)').allInnerTexts()), '["Read on demand","Ping"]');
  same('alive: signed', await rows.first().locator('td').nth(1).innerText(), 'Ada Lind');
}

async function deadMeterIsGivenUp(page, id) {
  await show(page, `/meters/${id}`);
  await want(page, 'Ping');
  await told(page).getByText('asked, no answer yet').waitFor(PATIENCE);
  check('dead: progress is told', /tried once, \d+ seconds?/.test(await told(page).innerText()), await told(page).innerText());
  check('dead: nothing else is asked meanwhile', await section(page).getByRole('button', { name: 'Read now' }).isDisabled());
  await told(page).getByText('no answer, tried').waitFor(PATIENCE);
  check('dead: how often it was tried', (await told(page).innerText()).includes('no answer, tried 2 times'), await told(page).innerText());
  await settled(page);
  await accessible(page, 'a meter that was asked');
}

await watched.run(async () => {
  const page = await open();
  await livingMeterAnswers(page, await idOf(alive));
  await deadMeterIsGivenUp(page, await idOf(dead));
  for (const scheme of ['light', 'dark']) {
    const themed = await open({ colorScheme: scheme });
    await show(themed, `/meters/${await idOf(dead)}`);
    await accessible(themed, `asked, ${scheme}`);
    await themed.screenshot({ path: join(out, `meter-asked-${scheme}.png`) });
    await themed.setViewportSize({ width: 380, height: 800 });
    const over = await themed.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    same(`asked, ${scheme}: a narrow page does not scroll sideways`, over, 0);
    await themed.context().close();
  }
});
