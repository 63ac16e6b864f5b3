// What a collection takes, part by part, by the server's formula.
import * as api from "../core/endpoints.js";
import { h } from "../core/dom.js";
import { bytes } from "../core/format.js";
import { barList } from "./charts.js";

export async function memoryPanel(name, signal) {
  const report = await api.memory(name, signal);
  const of = (title) => (title === "" ? "vector" : `“${title}”`);
  const parts = [
    ...[...report.vectors, ...report.sparse_vectors].flatMap((vector) => [
      { name: `${of(vector.name)}: rows`, value: vector.storage.ram_bytes },
      { name: `${of(vector.name)}: index`, value: vector.index.ram_bytes },
    ]),
    { name: "Payload", value: report.payload.ram_bytes },
    ...report.payload_index.map((index) =>
      ({ name: `Index of ${index.name}`, value: index.usage.ram_bytes })),
    { name: "Ids and visibility", value: report.other.id_tracker.ram_bytes },
  ];
  return h(
    "div", { class: "stack" },
    h("p", {}, `${bytes(report.total.ram_bytes)} in memory, `
      + `${bytes(report.total.disk_bytes)} of vectors on disk.`),
    barList(parts, bytes),
  );
}
