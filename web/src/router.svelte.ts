/** The address bar is the state: every page is drawn from the path and the query, and nothing else. */

// A link of the form `/#/review` leads to `/review`.
if (location.hash.startsWith('#/')) history.replaceState(null, '', location.hash.slice(1));

const state = $state({ path: location.pathname, query: new URLSearchParams(location.search) });

export const route = {
  get path() {
    return state.path;
  },
  get query() {
    return state.query;
  },
};

function read() {
  state.path = location.pathname;
  state.query = new URLSearchParams(location.search);
}

/** Goes to an address of this page; `replace` leaves no step to go back to. */
export function go(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  read();
}

/** This address with other query values; `null` removes one. */
export function withQuery(changes: Record<string, string | null>): string {
  const query = new URLSearchParams(state.query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  return text ? `${state.path}?${text}` : state.path;
}

/** Changes the query in place. */
export const setQuery = (changes: Record<string, string | null>, replace = true): void =>
  go(withQuery(changes), { replace });

/** Follows links inside the page without loading it again, and the browser's back and forward. */
export function followLinks(onArrive: () => void): () => void {
  const click = (event: MouseEvent) => {
    const link = (event.target as Element).closest?.('a');
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    const samePage = url.pathname === location.pathname;
    go(url.pathname + url.search);
    if (!samePage) onArrive();
  };
  const back = () => read();
  document.addEventListener('click', click);
  addEventListener('popstate', back);
  return () => {
    document.removeEventListener('click', click);
    removeEventListener('popstate', back);
  };
}
