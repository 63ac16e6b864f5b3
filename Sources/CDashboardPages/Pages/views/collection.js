// One collection, with a tab for each side of it.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { count, counted } from "../core/format.js";
import { go, link } from "../core/router.js";
import { confirmed } from "../parts/dialog.js";
import { editCollection } from "../parts/edit-collection.js";
import { say } from "../parts/notices.js";
import { status } from "../parts/status.js";

const tabs = [
  { step: "", title: "About", load: () => import("./collection-about.js") },
  { step: "payload", title: "Payload", load: () => import("./collection-payload.js") },
  { step: "points", title: "Points", load: () => import("./points.js") },
  { step: "map", title: "Map", load: () => import("./map.js") },
  { step: "snapshots", title: "Snapshots", load: () => import("./collection-snapshots.js") },
];

export async function show({ root, place, signal }) {
  const [, name, step = ""] = place.steps;
  if (name === undefined) return go([]);
  const tab = tabs.find((one) => one.step === step) ?? tabs[0];
  const summary = h("p", { class: "note" });
  const content = h("div", { class: "stack" });
  put(
    root,
    h("nav", { "aria-label": "Where this is" }, h("a", { href: link([]) }, "Overview")),
    h("div", { class: "heading" }, h("h1", {}, name), buttons(name, () => show({ root, place, signal }))),
    summary, tabBar(name, tab), content,
  );
  const info = await api.collection(name, signal);
  put(summary, status(info), ` · ${counted(info.points_count, "point")}`);
  const view = await tab.load();
  if (!signal.aborted) {
    await view.show({ root: content, name, info, place, signal, summary: (text) => {
      put(summary, status(info), ` · ${text}`);
    } });
  }
}

function tabBar(name, current) {
  return h(
    "nav", { class: "tabs", "aria-label": "Sides of the collection" },
    tabs.map((tab) => h("a", {
      href: link(["collections", name, ...(tab.step === "" ? [] : [tab.step])]),
      "aria-current": tab === current && "page",
    }, tab.title)),
  );
}

function buttons(name, again) {
  return h(
    "div", { class: "buttons" },
    h("button", { type: "button", onclick: () => editCollection(name).then((done) => done && again()) },
      "Edit"),
    h("button", { type: "button", class: "danger", onclick: () => remove(name) }, "Delete"),
  );
}

async function remove(name) {
  const points = await api.countPoints(name, { exact: false }).catch(() => null);
  const what = points === null ? "all its points" : counted(points, "point");
  const done = await confirmed({
    title: `Delete “${name}”?`, typed: name, action: "Delete the collection",
    text: `Its ${what === "all its points" ? "points" : what}, its indexes and its aliases go with it.`
      + " Snapshots of it stay.",
    work: () => api.deleteCollection(name),
  });
  if (!done) return;
  say(`“${name}” was deleted${points === null ? "" : `, with ${count(points)} points`}.`);
  go([]);
}
