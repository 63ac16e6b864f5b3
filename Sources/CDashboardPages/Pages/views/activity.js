// Pictures of the server: how long answers take, and what memory is spent on.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { bytes, count, counted, duration } from "../core/format.js";
import { by, parseMetrics, total } from "../core/metrics.js";
import { watch } from "../core/watch.js";
import { barList, columnChart } from "../parts/charts.js";
import { definitions } from "../parts/definitions.js";
import { choice, field } from "../parts/field.js";
import { trouble } from "../parts/trouble.js";
import { endpoints, histogram, quantile } from "./latencies.js";

const seconds = 5;
const parts = {
  collections: "Collections", block_cache: "Cache of the store", write_buffers: "Write buffers",
  table_readers: "Readers of tables", requests: "Requests", process: "The process itself",
};
const most = 12;

export function show({ root, signal }) {
  const picture = h("div", { class: "stack" });
  const memory = h("div");
  const largest = h("div");
  const process = h("div");
  const problem = h("div");
  let families = new Map();
  const endpoint = h("select", { onchange: drawLatency });

  function drawLatency() {
    const samples = histogram(families, endpoint.value);
    const answers = samples.reduce((sum, bucket) => sum + bucket.value, 0);
    const slow = [0.5, 0.95, 0.99].map((share) =>
      `${share * 100} % within ${duration(quantile(samples, share))}`);
    put(
      picture,
      columnChart({
        columns: samples, format: count,
        label: `How long answers took: ${counted(answers, "answer")}`,
      }),
      h("p", { class: "note" },
        answers ? `${counted(answers, "answer")} since the start: ${slow.join(", ")}.`
          : "No answer yet."),
    );
  }

  /** Offers the routes, when they are others than before: a list that is open would close. */
  function offer(known) {
    const chosen = endpoint.value;
    if ([...endpoint.options].map(({ value }) => value).join() === known.join()) return;
    const first = known.find((one) => one.endsWith("/points/query")) ?? known[0];
    put(endpoint, ...choice(known, known.includes(chosen) ? chosen : first).children);
  }

  async function refresh() {
    try {
      families = parseMetrics(await api.metrics(signal));
      put(problem);
    } catch (error) {
      if (!signal.aborted) put(problem, trouble(error, refresh));
      return;
    }
    offer(endpoints(families));
    drawLatency();
    put(memory, barList([...by(families, "memory_formula_part_bytes", "part")].map(
      ([part, value]) => ({ name: parts[part] ?? part, value })), bytes));
    put(largest, barList([...by(families, "collection_memory_bytes", "collection")]
      .map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value).slice(0, most),
    bytes));
    put(process, definitions([
      ["Resident memory", bytes(total(families, "memory_resident_bytes"))],
      ["Memory by the formula", bytes(total(families, "memory_formula_bytes"))],
      ["Bodies of requests in memory", bytes(total(families, "request_body_bytes_in_flight"))],
      ["Threads", count(total(families, "process_threads"))],
      ["Open files", `${count(total(families, "process_open_fds"))} of `
        + `${count(total(families, "process_max_fds"))}`],
    ]));
  }

  put(
    root, h("h1", {}, "Activity"), problem,
    h("section", { class: "panel" }, h("h2", {}, "How long answers take"),
      field("Requests", endpoint), picture),
    h("div", { class: "columns" },
      h("section", { class: "panel" }, h("h2", {}, "Memory by kind"), memory),
      h("section", { class: "panel" }, h("h2", {}, "The largest collections, in memory"), largest),
      h("section", { class: "panel" }, h("h2", {}, "The process"), process)),
  );
  return watch(seconds, signal, refresh);
}
