// What a collection is made of: its vectors and their indexes, its memory, its settings, its names.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { count, counted } from "../core/format.js";
import { watch } from "../core/watch.js";
import { aliasesPanel } from "../parts/aliases-panel.js";
import { definitions } from "../parts/definitions.js";
import { button } from "../parts/button.js";
import { memoryPanel } from "../parts/memory-panel.js";
import { addVector, dropVector } from "../parts/named-vectors.js";
import { vectorPanels } from "../parts/vector-panels.js";

const seconds = 5;

export async function show({ root, name, info, signal, summary }) {
  const vectors = h("div", { class: "columns" });
  const memory = h("div");
  const warnings = h("div");
  const refresh = async (now) => {
    summary(told(now));
    put(warnings, troubles(now));
    put(vectors, vectorPanels(now, (vector) => changed(dropVector(name, vector))));
    put(memory, await memoryPanel(name, signal));
  };
  /** Shows the collection as it is after a change. */
  const changed = async (change) => {
    if (await change) await refresh(await api.collection(name, signal));
  };
  await refresh(info);
  put(
    root, warnings,
    h("section", { class: "stack" },
      h("div", { class: "heading" }, h("h2", {}, "Vectors"),
        button("New vector", () => changed(addVector(name)))),
      vectors),
    h("div", { class: "columns" },
      h("section", { class: "panel" }, h("h2", {}, "Memory by kind"), memory),
      await aliasesPanel(name, signal)),
    settings(info.config),
  );
  await watch(seconds, signal, async () => {
    try {
      await refresh(await api.collection(name, signal));
    } catch (error) {
      if (!signal.aborted) summary(error.message);
    }
  });
}

function told(info) {
  const waiting = info.update_queue?.length ?? 0;
  return [
    counted(info.points_count, "point"),
    `${counted(info.indexed_vectors_count, "vector")} reached through an index`,
    waiting > 0 && `${counted(waiting, "write")} waiting`,
  ].filter(Boolean).join(" · ");
}

function troubles(info) {
  const found = (info.warnings ?? []).map((warning) => warning.message);
  if (info.optimizer_status?.error) found.unshift(info.optimizer_status.error);
  return found.map((text) => h("p", { class: "trouble" }, text));
}

/** Settings that differ from collection to collection; the rest as it came. */
function settings(config) {
  return h(
    "section", { class: "panel" }, h("h2", {}, "Configuration"),
    definitions([
      ["Indexed from", `${count(config.optimizer_config.indexing_threshold)} KB of vectors`],
      ["Strict mode", config.strict_mode_config?.enabled ? "on" : "off"],
      ["Quantization", config.quantization_config
        ? Object.keys(config.quantization_config).join(", ") : "the index's own"],
    ]),
    h("details", {}, h("summary", {}, "All of it, as the API tells it"),
      h("pre", { class: "code", tabindex: 0 }, JSON.stringify(config, null, 2))),
  );
}
