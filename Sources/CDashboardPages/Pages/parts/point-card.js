// One point: its id, its payload, and what can be done with it.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { short } from "../core/format.js";
import { shown } from "../core/json.js";
import { button } from "./button.js";
import { ask, confirmed } from "./dialog.js";
import { jsonArea, parsed } from "./field.js";
import { say, sayWhy } from "./notices.js";

/** Keys that are shown without being asked for. */
const shownKeys = 6;

/**
 * @param point as the API gives it
 * @param similar called with the id of the point whose neighbours are wanted
 * @param changed called when the point was changed or deleted
 */
export function pointCard(name, point, { similar, changed }) {
  const id = shown(point.id);
  const act = (label, work, kind = "") =>
    button(label, work, { kind: `small ${kind}`, about: `point ${id}` });
  const score = typeof point.score === "number" && ` score ${short(point.score)}`;
  const vectors = h("div");
  return h(
    "li", { class: "panel point" },
    h("div", { class: "heading" },
      h("h3", {}, h("code", {}, id), score && h("span", { class: "note" }, score)),
      h("div", { class: "buttons" },
        similar && act("Similar", () => similar(point.id)),
        act("Vectors", () => showVectors(name, point.id, vectors)),
        act("Edit payload", () => edit(name, point.id).then((done) => done && changed())),
        act("Delete", () => remove(name, point.id).then((done) => done && changed()), "danger"))),
    payload(point.payload ?? {}),
    vectors,
  );
}

function payload(object) {
  const entries = Object.entries(object);
  if (entries.length === 0) return h("p", { class: "note" }, "No payload.");
  const whole = JSON.stringify(object, null, 2);
  const isShort = entries.length <= shownKeys && whole.length < 600;
  return h(
    "div", { class: "stack" },
    h("dl", { class: "pairs" }, entries.slice(0, shownKeys).map(([key, value]) =>
      [h("dt", {}, key), h("dd", {}, cut(value))])),
    !isShort && h("details", {}, h("summary", {}, "The whole payload"),
      h("pre", { class: "code", tabindex: 0 }, whole)),
  );
}

function cut(value) {
  const text = shown(value);
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}

async function showVectors(name, id, place) {
  if (place.hasChildNodes()) return put(place);
  try {
    const { vector } = await api.point(name, id);
    const label = `Vectors of point ${shown(id)}`;
    put(place, h("pre", { class: "code", tabindex: 0, "aria-label": label },
      JSON.stringify(vector)));
  } catch (error) {
    sayWhy(error);
  }
}

async function edit(name, id) {
  try {
    const now = await api.point(name, id);
    const area = jsonArea(now.payload ?? {}, { rows: 16 });
    const done = await ask({
      title: `Payload of point ${shown(id)}`, action: "Save", wide: true,
      content: h("label", {}, h("span", {}, "As JSON"), area),
      work: async () => {
        const next = parsed(area, "The payload") ?? {};
        if (typeof next !== "object" || next === null || Array.isArray(next)) {
          throw new Error("A payload is an object.");
        }
        await api.overwritePayload(name, now.id, next);
      },
    });
    if (done) say(`The payload of point ${shown(id)} was saved.`);
    return done;
  } catch (error) {
    sayWhy(error);
    return null;
  }
}

async function remove(name, id) {
  const done = await confirmed({
    title: `Delete point ${shown(id)}?`, text: "Its vectors and its payload are gone then.",
    work: () => api.deletePoints(name, [id]),
  });
  if (done) say(`Point ${shown(id)} was deleted.`);
  return done;
}
