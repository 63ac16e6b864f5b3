// Which page is shown: the part of the address behind `#`.

/** `#/collections/a%2Fb/points?x=1` as steps, with their escapes undone, and a query. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { steps: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

/** The link to a page. */
export function link(steps, query = {}) {
  const found = new URLSearchParams(query).toString();
  return `#/${steps.map(encodeURIComponent).join("/")}${found ? `?${found}` : ""}`;
}

/** Goes to a page. */
export function go(steps, query = {}) {
  location.hash = link(steps, query);
}

/**
 * Shows a page whenever the address changes.
 *
 * @param show called with the place and a signal that ends when another page is shown
 */
export function follow(show) {
  let leaving = new AbortController();
  const change = () => {
    // Links to parts of a page, such as the one that skips the bar, lead to no other page.
    if (location.hash && !location.hash.startsWith("#/")) return;
    leaving.abort();
    leaving = new AbortController();
    show(place(), leaving.signal);
  };
  addEventListener("hashchange", change);
  change();
  return change;
}

function decode(step) {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
