// The vectors of a collection: what they are, how they are indexed, and how good that is.
import { h } from "../core/dom.js";
import { bytes, count, percent, short } from "../core/format.js";
import { button } from "./button.js";
import { lineChart } from "./charts.js";
import { definitions } from "./definitions.js";
import { meter } from "./meter.js";
import { indexWords } from "./status.js";

/** Every vector of a collection: `{name, kind, params}`. */
export function vectorsOf(info) {
  const { vectors = {}, sparse_vectors: sparse = {} } = info.config.params;
  const dense = typeof vectors.size === "number" ? { "": vectors } : vectors;
  return [
    ...Object.entries(dense).map(([name, params]) =>
      ({ name, params, kind: params.multivector_config ? "multi" : "dense" })),
    ...Object.entries(sparse).map(([name, params]) => ({ name, params, kind: "sparse" })),
  ];
}

const kinds = { dense: "dense", multi: "multivector", sparse: "sparse" };

/**
 * A panel for each vector.
 *
 * @param drop called by the button that drops a vector, with its name
 */
export function vectorPanels(info, drop) {
  return vectorsOf(info).map(({ name, kind, params }) => {
    const index = info.ivf?.[name];
    return h(
      "section", { class: "panel" },
      h("div", { class: "heading" }, h("h3", {}, name === "" ? "The unnamed vector" : name),
        name !== "" && button("Drop", () => drop(name), { kind: "small danger", about: name })),
      definitions([
        ["Kind", kinds[kind]],
        ["Size", params.size && count(params.size)],
        ["Distance", params.distance],
        ["Stored as", params.datatype],
        ["Weights", params.modifier === "idf" ? "by rarity (IDF)" : null],
        ["Index", kind === "sparse" ? "exact, by blocks of rows" : indexWords(index)],
        ["In the index", index?.entries && `${count(index.entries)} entries, trained on `
          + `${count(index.trained_points)} points`],
        ["Memory of the index", index?.memory_bytes && bytes(index.memory_bytes)],
      ]),
      typeof index?.progress === "number" && meter(index.progress, "Index"),
      recall(index),
    );
  });
}

/** How many lists a search has to read for how good an answer, as the index measured it. */
function recall(index) {
  const measured = calibration(index);
  if (measured.length === 0) return null;
  const points = measured.map(({ recall, probes }) => [probes, recall]);
  return h(
    "figure", { class: "stack" },
    h("figcaption", {}, "Recall of the ten nearest, by lists read"),
    measured.length > 1 && lineChart({
      points, low: Math.floor(10 * Math.min(0.9, ...points.map(([, y]) => y))) / 10, high: 1,
      label: `Recall against effort: ${words(measured)}`, xTitle: "lists read by a search",
      formatX: short, formatY: (share) => percent(share),
    }),
    h("p", { class: "note" }, `${words(measured)}.`),
  );
}

/** What the levels that people ask for take. */
function words(measured) {
  const levels = [0.9, 0.95, 0.99]
    .map((level) => measured.find(({ recall }) => recall >= level))
    .filter((pair, index, pairs) => pair && pairs.indexOf(pair) === index);
  return (levels.length ? levels : measured.slice(-1))
    .map(({ recall, probes }) => `${percent(recall, 1)} with ${short(probes)} lists`).join(", ");
}

/** What the index measured, by rising effort. */
function calibration(index) {
  return (index?.calibration ?? [])
    .map(({ recall, nprobe }) => ({ recall, probes: nprobe }))
    .sort((a, b) => a.probes - b.probes);
}
