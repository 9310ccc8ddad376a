/**
 * Serves the built page and answers the review API with a made-up utility, so that the page is tested without the program.
 *
 *   node tests/review-mock.mjs [PORT]
 */

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as data from './review-data.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'";

const problem = (status, title, detail, remedy = '') => ({ problem: { status, title, detail, remedy } });
const nothing = (what) => problem(404, 'Not found', `there is no ${what}`);

/** Method and path of each answer; a part in braces is handed over. */
const ROUTES = [
  ['GET fleet', () => data.fleet()],
  ['GET usage-points/{id}', ({ id }) => data.points.get(id) ?? nothing(`usage point \`${id}\``)],
  ['GET channels/{channel}', ({ channel }) => channel],
  ['GET channels/{channel}/readings', ({ channel, query }) => data.readings(channel, query)],
  ['GET channels/{channel}/days', ({ channel, query }) => data.days(channel, query)],
  ['GET channels/{channel}/arrivals', () => ({ items: [] })],
  ['GET channels/{channel}/weather', () => ({ days: [] })],
  ['GET channels/{channel}/explain', ({ channel, query }) => strict(query, ['date', 'as_of']) ?? data.explained(channel, query.get('date'))],
  ['GET review/groups', ({ query }) => strict(query, ['state', 'rule', 'date', 'channel', 'assignee', 'routed', 'by']) ?? data.groups(query)],
  ['GET review/exceptions', ({ query }) => strict(query, ['state', 'rule', 'date', 'last', 'channel', 'assignee', 'routed', 'after', 'limit']) ?? page(data.found(query), query)],
  ['GET review/reasons', () => ({ reasons: data.REASONS })],
  ['GET review/preview', ({ query }) => data.preview(data.channels.get(Number(query.get('channel'))), query)],
  ['POST review/accept', ({ body }) => named(body) ?? data.accepted(body.exceptions, body)],
  ['POST review/assign', ({ body }) => named(body) ?? { assigned: data.change(body.exceptions, { assignee: body.to || null }) }],
  ['POST review/comment', ({ body }) => named(body) ?? { commented: data.change(body.exceptions, { comment: body.text }) }],
  ['POST review/check', ({ body }) => typed(body.edits) ?? { days: data.checked(body.edits) }],
  ['POST review/proposals', ({ body }) => named(body) ?? reasoned(body) ?? typed(body.edits) ?? data.proposed(body.edits, body)],
  ['GET review/proposals', ({ query }) => ({ proposals: data.proposals(query.get('state')) })],
  ['POST review/proposals/{act}/{what}', ({ act, what, body }) => named(body) ?? decided(Number(act), what, body.by)],
  ['POST test/start-over', () => (data.startOver(), {})],
];

const named = ({ by }) => (by ? null : problem(422, 'Who decides is missing', '`by` is empty', 'Say who you are.'));
const reasoned = ({ reason, note, method }) => (reason && note && method ? null : problem(422, 'No reason given', 'a change of values needs a method, a reason and a note'));
const typed = (edits) => (edits.every(({ channel }) => typeof channel === 'string') ? null : problem(422, 'Invalid', '`channel` is a text'));
/** As the program, an answer takes no query value that it does not know. */
const strict = (query, known) => ([...query.keys()].every((key) => known.includes(key)) ? null : problem(400, 'Invalid', `unknown: ${[...query.keys()]}`));

function page(all, query) {
  const limit = Number(query.get('limit') ?? 50);
  const first = Number(query.get('after') ?? 0);
  const next = first + limit < all.length ? first + limit : null;
  return { exceptions: all.slice(first, first + limit), next };
}

function decided(number, what, by) {
  const act = data.actOf(number);
  if (!act) return nothing(`act ${number}`);
  if (what === 'approve' && act.proposed_by === by) {
    return problem(403, 'Another person approves', `${by} proposed act ${number}; a second person has to approve it`, 'Ask a colleague to look at it.');
  }
  const expected = what === 'undo' ? 'approved' : 'proposed';
  return act.state === expected ? data.decide(act, what, by) : problem(409, 'Decided already', `act ${number} is ${act.state}`);
}

function answer(method, path, query, body) {
  for (const [pattern, give] of ROUTES) {
    const [wanted, ...parts] = pattern.split(/[ /]/);
    const given = path.split('/');
    const fits = wanted === method && parts.length === given.length && parts.every((part, at) => part.startsWith('{') || part === given[at]);
    if (!fits) continue;
    const values = Object.fromEntries(parts.flatMap((part, at) => (part.startsWith('{') ? [[part.slice(1, -1), decodeURIComponent(given[at])]] : [])));
    if ('channel' in values) {
      const channel = data.channels.get(Number(values.channel));
      if (!channel) return nothing(`channel ${values.channel}`);
      values.channel = channel;
    }
    return give({ ...values, query, body });
  }
  return nothing(`answer at ${method} ${path}`);
}

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://mock');
  if (url.pathname.startsWith('/api/v1/')) {
    const told = answer(request.method, url.pathname.slice('/api/v1/'.length), url.searchParams, await bodyOf(request));
    const status = told.problem?.status ?? 200;
    response.writeHead(status, { 'content-type': told.problem ? 'application/problem+json' : 'application/json' });
    response.end(JSON.stringify(told.problem ?? told));
    return;
  }
  const wanted = join(dist, normalize(url.pathname));
  const file = url.pathname !== '/' && existsSync(wanted) ? wanted : join(dist, 'index.html');
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': POLICY, 'content-encoding': 'gzip' });
  response.end(gzipSync(readFileSync(file)));
}

/** Starts on a free port of this machine, or the given one; answers the server. */
export function start(port = 0) {
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      response.writeHead(500, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ title: 'The stand-in failed', detail: String(error.stack) }));
    });
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start(Number(process.argv[2] ?? 0));
  console.log(`http://127.0.0.1:${server.address().port}`);
}
