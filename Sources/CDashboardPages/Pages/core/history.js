// Requests that were sent from the console, for as long as the tab is open.
const name = "quiver.history";
const most = 50;

/** The latest first: `{method, path, body, status, milliseconds}`. */
export function history() {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? [];
  } catch {
    return [];
  }
}

/** Adds a request; an equal one of before is left out. */
export function remember(entry) {
  const same = (one) =>
    one.method === entry.method && one.path === entry.path && one.body === entry.body;
  const kept = [entry, ...history().filter((one) => !same(one))].slice(0, most);
  try {
    sessionStorage.setItem(name, JSON.stringify(kept));
  } catch {
    // A request too large to be kept is sent all the same.
  }
}
