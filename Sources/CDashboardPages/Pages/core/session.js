// The key, for as long as the tab is open.
const name = "quiver.key";
let inMemory = null;

/** The key that requests are made with; `null` for none. */
export function key() {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return inMemory;
  }
}

/** Takes another key; `null` forgets it. */
export function setKey(value) {
  inMemory = value;
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    // Without a store the key lasts as long as the page.
  }
}
