/** What the tests of the page have in common: a browser, pages that are watched, waiting, checks that are told and counted. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const PAGE_BYTES_MAX = 300_000;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The test itself cannot run. */
export function stop(message) {
  console.error(message);
  process.exit(2);
}

let failed = 0;

/** Prints the outcome of a check; a failure does not stop the others. */
export function check(name, passed, detail = '') {
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name}${passed || !detail ? '' : `: ${detail}`}`);
  if (!passed) failed++;
}

export const same = (name, found, expected) =>
  check(name, found === expected, `found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);

/** A browser over the page at `base`, with a window of this height where a test says nothing else. */
export async function launched(base, height) {
  if (!existsSync(browserPath)) stop(`no browser at ${browserPath}; install it with \`apt-get install chromium\` or set CHROMIUM`);
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-gpu', '--lang=en-GB'],
  });
  return new Watched(base, height, browser);
}

/** Pages of one browser, and what went on behind them. */
class Watched {
  complaints = [];
  foreign = [];
  loaded = [];
  /** How many requests of a page have no answer yet. */
  #unanswered = new WeakMap();

  constructor(base, height, browser) {
    Object.assign(this, { base, height, browser });
  }

  api = async (path, body) => {
    const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(new URL(`/api/v1/${path}`, this.base), init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };

  open = async (options = {}) => {
    const context = await this.browser.newContext({
      viewport: { width: 1360, height: this.height }, locale: 'en-GB', timezoneId: 'Europe/Amsterdam', reducedMotion: 'reduce', ...options,
    });
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => new URL(request.url()).origin !== new URL(this.base).origin && this.foreign.push(request.url()));
    page.on('requestfinished', (request) => this.loaded.push(request));
    const count = (change) => () => this.#unanswered.set(page, (this.#unanswered.get(page) ?? 0) + change);
    page.on('request', count(1)).on('requestfinished', count(-1)).on('requestfailed', count(-1));
    return page;
  };

  show = async (page, path) => {
    await page.goto(new URL(path, this.base).href);
    await this.settled(page);
  };

  /** Waits until a key has done its work: what it asks of the server was sent and answered, and what came is drawn. */
  settled = async (page) => {
    await page.waitForLoadState('networkidle');
    do await drawn(page);
    while (0 < this.#unanswered.get(page));
    await drawn(page);
    await page.locator('.waiting').first().waitFor({ state: 'detached' });
  };

  transferIsSmall = async (page, path) => {
    await this.show(page, path);
    const own = this.loaded.filter((request) => !new URL(request.url()).pathname.startsWith('/api/'));
    const sizes = await Promise.all(own.map(async (request) => (await request.sizes()).responseBodySize));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    check(`transfer: the whole page is ${Math.ceil(bytes / 1000)} kB compressed, allowed are ${PAGE_BYTES_MAX / 1000}`, 0 < bytes && bytes <= PAGE_BYTES_MAX);
  };

  /** Runs the checks one after the other, tells how it ended and closes the browser. */
  run = async (checks) => {
    try {
      await checks();
      same('offline: nothing is asked of other hosts', this.foreign.join(' '), '');
      same('console: no error and no blocked content', this.complaints.join(' | '), '');
    } catch (error) {
      console.error(`the test could not go on: ${error.stack}`);
      failed++;
    } finally {
      await this.browser.close();
    }
    console.log(failed ? `${failed} checks failed` : 'all checks passed');
    process.exitCode = failed ? 1 : 0;
  };
}

/** What was asked of the server is sent, and what came is drawn, by the second frame. */
const drawn = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Holds the page against the rules of axe. */
export async function accessible(page, name) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  const told = violations.map(({ id, nodes }) => `${id} at ${nodes.slice(0, 3).map(({ target }) => target.join(' ')).join(', ')}`);
  check(`${name}: axe finds nothing`, violations.length === 0, told.join('; '));
}
