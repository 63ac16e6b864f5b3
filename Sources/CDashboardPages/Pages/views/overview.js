// All collections, and how the server is.
import { parseMetrics } from "../core/metrics.js";
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { bytes, count } from "../core/format.js";
import { go, link } from "../core/router.js";
import { limited, paused, watch } from "../core/watch.js";
import { createCollection } from "../parts/create-collection.js";
import { meter } from "../parts/meter.js";
import { pagedTable } from "../parts/paged-table.js";
import { serversPanel } from "../parts/servers-panel.js";
import { progress, status } from "../parts/status.js";
import { trouble } from "../parts/trouble.js";
import { serverFigures } from "./overview-figures.js";

const seconds = 10;

export function show({ root, signal }) {
  const infos = new Map();
  let [names, figures] = [[], serverFigures(new Map())];
  const cards = h("div", { class: "cards" });
  const problem = h("div");
  const search = h("input", {
    type: "search", placeholder: "Filter by name", "aria-label": "Filter collections by name",
  });
  const table = pagedTable({
    caption: "Collections", empty: "There is no collection here.",
    columns: [
      { title: "Collection", cell: nameCell },
      { title: "Status", cell: (name) => (infos.get(name) ? status(infos.get(name)) : "…") },
      { title: "Points", isNumber: true, cell: (name) => count(pointsOf(name)) },
      { title: "Memory", isNumber: true, cell: (name) => bytes(figures.memoryOf.get(name)) },
      { title: "Index", cell: (name) => indexCell(infos.get(name)) },
    ],
    onpage: (shown) => load(shown.filter((name) => !infos.has(name))),
  });
  const pointsOf = (name) => figures.pointsOf.get(name) ?? infos.get(name)?.points_count;
  const inTurn = limited(6);
  const servers = serversPanel(signal);

  async function load(wanted) {
    await Promise.all(wanted.map((name) => inTurn(async () => {
      if (signal.aborted) return;
      try {
        infos.set(name, await api.collection(name, signal));
      } catch {
        // It was deleted meanwhile, or is not this key's to see: the list tells.
      }
    })));
    if (!signal.aborted) table.refresh();
  }

  function filter() {
    const wanted = search.value.toLowerCase();
    table.setRows(names.filter((name) => name.toLowerCase().includes(wanted)));
  }
  search.addEventListener("input", paused(120, filter));

  async function refresh() {
    try {
      names = (await api.collections(signal)).sort((a, b) => a.localeCompare(b));
      figures = await readFigures(signal);
      put(cards, figures.cards(names.length));
      await servers.refresh();
      put(problem);
      const seen = table.shown.filter((name) => infos.has(name));
      filter();
      await load(seen);
    } catch (error) {
      if (!signal.aborted) put(problem, trouble(error, refresh));
    }
  }

  put(
    root,
    h("div", { class: "heading" }, h("h1", {}, "Overview"),
      h("button", { type: "button", class: "main", onclick: create }, "New collection")),
    problem, cards, servers.element,
    h("section", {}, h("div", { class: "heading" }, h("h2", {}, "Collections"), search),
      table.element),
  );
  return watch(seconds, signal, refresh);
}

async function create() {
  const name = await createCollection();
  if (name) go(["collections", name]);
}

/** The server's figures; none for a key that may not see them. */
async function readFigures(signal) {
  try {
    return serverFigures(parseMetrics(await api.metrics(signal)));
  } catch (error) {
    if (error.status !== 403) throw error;
    return serverFigures(new Map());
  }
}

function nameCell(name) {
  return h("a", { class: "name", href: link(["collections", name]) }, name);
}

function indexCell(info) {
  if (!info) return "";
  const { text, share } = progress(info);
  return share === null ? text : h("div", {}, text, meter(share, text));
}
