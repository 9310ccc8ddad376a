/** Moves a span of assumed meter time to its true time, from the editor, with the keyboard; on the made-up utility alone. */

import { check, same } from './browser.mjs';
import { ASSUMED, utc } from './review-data.mjs';

/** `{ open, show, settled, api }` of the review; the proposal is rejected in the end. */
export async function shiftAssumedTime({ show, settled, api }, page) {
  const { channel, from, to, trueStart } = ASSUMED;
  await show(page, `/review/edit?channel=${channel}&from=${utc(from)}&to=${utc(to)}`);
  await page.locator('.shift').waitFor();
  await settled(page);
  const { shift } = await api(`review/preview?channel=${channel}&from=${utc(from)}&to=${utc(to)}`);
  const told = await page.locator('.shift').innerText();
  check('shift: says how much moves, and to when', told.includes('kWh from') && told.includes('04:00'), told);
  const lineage = await page.locator('section[aria-labelledby="lineage-title"]').innerText();
  check('shift: the balance of the outage is told', /measured [\d.]+ kWh, zeroed [\d.]+, placed elsewhere 0, unplaced [\d.]+/.test(lineage), lineage.slice(0, 400));
  await page.keyboard.press('s');
  same('shift: the key goes on to the reason', await page.evaluate(() => document.activeElement.id), 'reason');
  same('shift: the action is shown as chosen', await page.locator('.shift button').getAttribute('aria-pressed'), 'true');
  await page.locator('#reason').selectOption('meter-fault');
  await page.locator('#note').fill('the clock was set at five');
  await page.keyboard.press('Enter');
  await page.locator('#done .notice').waitFor();
  const { proposals } = await api('review/proposals?state=proposed');
  const act = proposals.find(({ method }) => method === 'shift');
  check('shift: it is proposed as such, by one and for another to approve', act?.state === 'proposed' && act.reason === 'meter-fault', JSON.stringify(act));
  const written = act?.days.flatMap(({ after }) => after).filter((value) => value !== null).map(Number) ?? [];
  same('shift: zeros where the values were, the values at their true time', JSON.stringify(written), JSON.stringify(shift.values.map(({ value }) => Number(value))));
  same('shift: the true time is the end of the gap', shift.values.find(({ value }) => 0 < Number(value)).start, utc(trueStart));
  await api(`review/proposals/${act.act}/reject`, { by: 'Ben Okoye', note: '' });
}
