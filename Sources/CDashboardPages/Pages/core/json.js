// JSON whose numbers stay what they are: whole ones beyond 2⁵³ are kept as they were written, where
// the browser can do so.
const canKeep = typeof JSON.rawJSON === "function";

/** The value of a text. */
export function parseJSON(text) {
  return canKeep ? JSON.parse(text, kept) : JSON.parse(text);
}

/** Whether a value is a number that was kept as it was written. */
export function isKept(value) {
  return canKeep && JSON.isRawJSON(value);
}

/** A value as people read it: a text without quotes, anything else as JSON. */
export function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function kept(_, value, context) {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(context.source) ? JSON.rawJSON(context.source) : value;
}
