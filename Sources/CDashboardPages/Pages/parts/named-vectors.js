// The windows that add a vector to a collection and drop one.
import * as api from "../core/endpoints.js";
import { h } from "../core/dom.js";
import { ask, confirmed } from "./dialog.js";
import { say } from "./notices.js";
import { vectorRow } from "./vector-fields.js";

/** @returns whether a vector was added */
export function addVector(collection) {
  const row = vectorRow(true, null);
  return ask({
    title: "New vector", action: "Add", wide: true,
    content: [
      h("p", { class: "note" }, "Points have none under this name until they are given one."),
      row.element,
    ],
    work: async () => {
      const { name, kind, params } = row.value();
      if (name.trim() === "") throw new Error("A vector that is added needs a name.");
      const body = kind === "sparse" ? { sparse: params } : { dense: params };
      await api.createVector(collection, name.trim(), body);
      say(`“${name.trim()}” was added.`);
    },
  });
}

/** @returns whether it was dropped */
export function dropVector(collection, name) {
  return confirmed({
    title: `Drop “${name}”?`, typed: name, action: "Drop the vector",
    text: "What all points have under this name goes with it, and its index.",
    work: async () => {
      await api.deleteVector(collection, name);
      say(`“${name}” was dropped.`);
    },
  });
}
