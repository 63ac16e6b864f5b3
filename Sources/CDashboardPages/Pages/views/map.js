// A map of a collection: a sample of its vectors, laid into a plane so that they differ most.
import * as api from "../core/endpoints.js";
import { colouring } from "../core/colours.js";
import { h, put } from "../core/dom.js";
import { counted, percent, short } from "../core/format.js";
import { shown } from "../core/json.js";
import { button } from "../parts/button.js";
import { choice, field, line, offers, vectorChoice } from "../parts/field.js";
import { meter } from "../parts/meter.js";
import { sayWhy } from "../parts/notices.js";
import { pagedTable } from "../parts/paged-table.js";
import { pointCard } from "../parts/point-card.js";
import { scatter } from "../parts/scatter.js";
import { trouble } from "../parts/trouble.js";
import { vectorsOf } from "../parts/vector-panels.js";

export async function show({ root, name, info, signal }) {
  const vectors = vectorsOf(info).filter(({ kind }) => kind === "dense").map((one) => one.name);
  if (vectors.length === 0) {
    return put(root, h("p", {}, "The collection has no dense vector: there is nothing to map."));
  }
  const using = vectorChoice(vectors);
  const size = choice(["200", "500", "1000", "2000", "5000"], "1000");
  const colour = line({ list: "colour-keys", placeholder: "a payload key" });
  const keys = Object.keys(info.payload_schema);
  colour.value = keys.find((key) => info.payload_schema[key].data_type === "keyword") ?? "";
  const told = h("p", { class: "note", role: "status" });
  const bar = h("div");
  const legend = h("ul", { class: "plain legend", "aria-label": "Colours" });
  const picked = h("ul", { class: "plain" });
  const plane = scatter({
    label: "Map of the sampled points; the table below says the same", onpick: showPoint,
  });
  const table = pagedTable({
    caption: "The points of the map", size: 25, empty: "No point was sampled.",
    columns: [
      {
        title: "Point",
        cell: (dot) => button(shown(dot.id), () => showPoint(dot), { kind: "quiet small" }),
      },
      { title: "Group", cell: (dot) => (dot.value === undefined ? "–" : String(dot.value)) },
      { title: "x", isNumber: true, cell: (dot) => short(dot.x) },
      { title: "y", isNumber: true, cell: (dot) => short(dot.y) },
    ],
  });
  let sample = [];

  async function load() {
    put(told, "Asking for a sample …");
    put(bar);
    try {
      const { points } = await api.query(name, {
        query: { sample: "random" }, limit: Number(size.value), with_payload: wantedPayload(),
        with_vector: using.value === "" ? true : [using.value],
      }, signal);
      const rows = points.map((point) => vectorOf(point, using.value));
      sample = points.filter((_, index) => rows[index]);
      const { points: places, explained } = await projected(rows.filter(Boolean), signal, (share) =>
        put(bar, meter(share, "Projection")));
      put(bar);
      sample.forEach((point, index) => {
        [point.x, point.y] = places[index];
      });
      draw();
      put(told, `${counted(sample.length, "point")}; the two directions hold `
        + `${percent(explained[0] + explained[1])} of their variance.`);
    } catch (error) {
      if (!signal.aborted) put(told, trouble(error, load));
    }
  }

  /** Of payloads no more is asked for than what colours them. */
  function wantedPayload() {
    const key = colour.value.trim();
    return key === "" ? false : { include: [key] };
  }

  async function recolour() {
    try {
      const found = await api.retrieve(name, {
        ids: sample.map((point) => point.id), with_payload: wantedPayload(), with_vector: false,
      }, signal);
      const payloads = new Map(found.map((point) => [shown(point.id), point.payload]));
      for (const point of sample) point.payload = payloads.get(shown(point.id));
      draw();
    } catch (error) {
      if (!signal.aborted) sayWhy(error);
    }
  }

  function draw() {
    const key = colour.value.trim();
    const values = sample.map((point) => (key === "" ? undefined : valueAt(point.payload, key)));
    const { colourOf, legend: entries } = colouring(values);
    const dots = sample.map((point, index) => ({
      id: point.id, x: point.x, y: point.y, value: values[index], colour: colourOf(values[index]),
      name: shown(point.id) + (values[index] === undefined ? "" : ` · ${key}: ${values[index]}`),
    }));
    plane.draw(dots);
    table.setRows(dots);
    put(legend, entries.map((entry) => {
      const mark = h("span", { class: "mark", "aria-hidden": "true" });
      mark.style.background = entry.colour;
      return h("li", {}, mark, entry.name);
    }));
  }

  async function showPoint({ id }) {
    try {
      const point = await api.point(name, id, signal);
      put(picked, pointCard(name, point, { changed: () => put(picked) }));
      picked.scrollIntoView({ block: "nearest" });
    } catch (error) {
      sayWhy(error);
    }
  }

  for (const control of [using, size]) control.addEventListener("change", load);
  colour.addEventListener("change", recolour);
  const sign = (label, text, onclick) =>
    h("button", { type: "button", "aria-label": label, onclick }, text);
  put(
    root,
    offers("colour-keys", keys),
    h("div", { class: "row" }, vectors.length > 1 && field("Vector", using), field("Points", size),
      field("Colour by", colour), button("Another sample", load),
      h("div", { class: "buttons" }, sign("Zoom in", "+", () => plane.zoom(1.5)),
        sign("Zoom out", "−", () => plane.zoom(1 / 1.5)), sign("Show all", "⤢", plane.reset))),
    told, bar, plane.element, legend, picked,
    h("p", { class: "note" }, "Drag or use the arrows to move, the wheel or + and − to zoom."),
    h("details", {}, h("summary", {}, "The same as a table"), table.element),
  );
  await load();
}

function vectorOf(point, using) {
  const vector = using === "" ? point.vector : point.vector?.[using];
  return Array.isArray(vector) ? vector : null;
}

/** What a payload has under a key such as `author.name`; of an array the first. */
function valueAt(payload, key) {
  let value = payload;
  for (const step of key.split(".")) {
    value = value?.[step];
    if (Array.isArray(value)) value = value[0];
  }
  return value === null || typeof value === "object" ? undefined : value;
}

/** Has the projection made beside the page. */
function projected(rows, signal, tell) {
  return new Promise((resolve, reject) => {
    const script = new URL("../core/pca-worker.js", import.meta.url);
    const worker = new Worker(script, { type: "module" });
    const end = () => worker.terminate();
    signal.addEventListener("abort", end);
    worker.addEventListener("message", ({ data }) => {
      if (data.share !== undefined) return tell(data.share);
      end();
      resolve(data.result);
    });
    worker.addEventListener("error", (event) => {
      end();
      reject(new Error(event.message || "The projection failed."));
    });
    worker.postMessage(rows);
  });
}
