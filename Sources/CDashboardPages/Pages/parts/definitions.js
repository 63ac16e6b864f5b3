// Names and values, side by side.
import { h } from "../core/dom.js";

/** @param pairs `[name, value]`; those without a value are left out */
export function definitions(pairs) {
  return h("dl", { class: "pairs" }, pairs
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
