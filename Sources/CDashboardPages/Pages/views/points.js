// The points of a collection: a page at a time, filtered, or those similar to one of them.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { count } from "../core/format.js";
import { shown } from "../core/json.js";
import { button } from "../parts/button.js";
import { choice, field, vectorChoice } from "../parts/field.js";
import { filterBuilder } from "../parts/filter-builder.js";
import { pointCard } from "../parts/point-card.js";
import { trouble } from "../parts/trouble.js";
import { vectorsOf } from "../parts/vector-panels.js";

export async function show({ root, name, info, signal }) {
  const vectors = vectorsOf(info).map((vector) => vector.name);
  // Where pages began: the way back, since the API only leads forward.
  let starts = [undefined];
  let next = null;
  let liked = null;

  const filter = filterBuilder({
    keys: Object.keys(info.payload_schema), onchange: () => from([undefined]),
  });
  const size = choice(["10", "25", "50", "100"], "10");
  const using = vectorChoice(vectors);
  const banner = h("div", { role: "status" });
  const list = h("ul", { class: "plain stack" });
  const where = h("span", { class: "where", "aria-live": "polite" });
  const back = button("Previous", () => from(starts.slice(0, -1)));
  const on = button("Next", () => from([...starts, next]));

  size.addEventListener("change", () => from([undefined]));
  using.addEventListener("change", () => liked !== null && load());

  function from(pages) {
    starts = pages;
    liked = null;
    return load();
  }

  async function page() {
    const limit = Number(size.value);
    const asked = filter.value();
    if (liked !== null) {
      const body = { query: liked, using: using.value, filter: asked, limit, with_payload: true };
      return { points: (await api.query(name, body, signal)).points, next_page_offset: null };
    }
    const offset = starts.at(-1);
    return api.scroll(name, { filter: asked, limit, offset, with_payload: true }, signal);
  }

  async function load() {
    try {
      const answer = await page();
      next = answer.next_page_offset;
      put(banner, liked !== null && h("p", { class: "row" },
        `The nearest to point ${shown(liked)}.`,
        button("All points", () => from([undefined]), { kind: "small" })));
      put(list, answer.points.map((point) => pointCard(name, point, {
        similar: vectors.length > 0 && similarTo, changed: load,
      })));
      if (answer.points.length === 0) put(list, h("li", { class: "note" }, "No point passes."));
      back.disabled = starts.length === 1;
      on.disabled = next === null || next === undefined;
      tell(answer.points.length);
    } catch (error) {
      if (!signal.aborted) put(list, h("li", {}, trouble(error, load)));
    }
  }

  /** How many there are; an estimate where a filter would have to be counted. */
  async function tell(found) {
    if (liked !== null) return put(where, `${count(found)} nearest`);
    const first = (starts.length - 1) * Number(size.value);
    const range = `${count(first + (found ? 1 : 0))}–${count(first + found)}`;
    put(where, range);
    try {
      const all = await api.countPoints(name, { filter: filter.value(), exact: false }, signal);
      put(where, `${range} of about ${count(all)}`);
    } catch {
      // The points are there: their number is only said beside them.
    }
  }

  function similarTo(id) {
    liked = id;
    load().then(() => banner.scrollIntoView({ block: "center" }));
  }

  put(
    root,
    h("section", { class: "panel" }, h("h2", {}, "Filter"), filter.element),
    h("div", { class: "row" }, field("Points on a page", size),
      vectors.length > 1 && field("Similar by vector", using)),
    banner, list,
    h("div", { class: "turner" }, back, where, on),
  );
  await load();
}
