// What a query looked at, in words.
import { h } from "../core/dom.js";
import { count } from "../core/format.js";
import { definitions } from "./definitions.js";

const ways = {
  index: "through the lists of the index", scan: "row by row", postings: "by the words of the rows",
  records: "by reading records of the nearest rows, to test the filter",
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
      ["Points that the filter left", number(search.filtered_points)],
      ["Lists read", search.lists && `${count(search.lists_read)} of ${count(search.lists)}`],
      ["Entries in them", number(search.entries_read)],
      ["Vectors scored exactly", number(search.scored_points)],
      ["Records read", number(search.records_read)],
    ])),
  );
}

const number = (value) => (typeof value === "number" ? count(value) : null);
