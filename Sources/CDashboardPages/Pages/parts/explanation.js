// What a query looked at, in words.
import { h } from "../core/dom.js";
import { count, short } from "../core/format.js";
import { definitions } from "./definitions.js";

const ways = {
  index: "through the index", scan: "row by row", filter: "row by row, those that the filter left",
};

/** @param told what the answer has under `explain`; nothing where it has nothing */
export function explanation(told) {
  if (!told?.searches?.length) return null;
  return h(
    "section", { class: "stack", "aria-label": "What the query looked at" },
    h("h3", {}, "What it looked at"),
    told.searches.map((search) => definitions([
      ["Vector", search.using === "" ? "the unnamed one" : search.using],
      ["How", ways[search.method] ?? search.method],
      ["Rows that the filter left", number(search.filtered_points)],
      ["Lists read", search.lists && `${short(search.probes)} of ${count(search.lists)}`],
      ["Expected recall", search.expected_recall && short(search.expected_recall)],
      ["Vectors scored exactly", number(search.scored_points)],
      ["Of points", number(search.points)],
    ])),
  );
}

const number = (value) => (typeof value === "number" ? count(value) : null);
