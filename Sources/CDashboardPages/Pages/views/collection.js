// One collection, with a tab for each side of it.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { counted } from "../core/format.js";
import { go, link } from "../core/router.js";
import { button } from "../parts/button.js";
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
  const again = () => show({ root, place, signal });
  const summary = h("p", { class: "note" });
  const content = h("div", { class: "stack" });
  put(
    root,
    h("nav", { "aria-label": "Where this is" }, h("a", { href: link([]) }, "Overview")),
    h("div", { class: "heading" }, h("h1", {}, name),
      h("div", { class: "buttons" },
        button("Edit", () => editCollection(name).then((done) => done && again())),
        button("Delete", () => remove(name), { kind: "danger" }))),
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

async function remove(name) {
  const points = await api.countPoints(name, { exact: false }).catch(() => null);
  const what = points === null ? "points" : counted(points, "point");
  const done = await confirmed({
    title: `Delete “${name}”?`, typed: name, action: "Delete the collection",
    text: `Its ${what}, its indexes and its aliases go with it. Snapshots of it stay.`,
    work: () => api.deleteCollection(name),
  });
  if (!done) return;
  say(`“${name}” was deleted, with its ${what}.`);
  go([]);
}
