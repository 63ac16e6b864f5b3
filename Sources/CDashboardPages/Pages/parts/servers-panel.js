// The servers that share a log: what each is to it, and how far behind.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { count, counted, duration } from "../core/format.js";
import { pagedTable } from "./paged-table.js";

const words = {
  leader: "leads: takes writes", follower: "follows", starting: "starting",
  stopped: "has stopped following",
};

/**
 * Nothing where the server shares no log with others, or the key may not see it.
 *
 * @returns `{element, refresh()}`
 */
export function serversPanel(signal) {
  const element = h("section", { hidden: true });
  const note = h("p", { class: "note" });
  const table = pagedTable({
    caption: "Servers", empty: "No server has told of itself yet.",
    keyOf: (node) => node.address,
    columns: [
      { title: "Server", cell: (node) => node.address },
      { title: "Role", cell: (node) => words[node.role] ?? node.role },
      { title: "Place in the log", isNumber: true, cell: (node) => count(node.segment) },
      { title: "Commits behind", isNumber: true, cell: (node) => count(node.behind) },
      { title: "Last heard of", cell: (node) => since(node.seen_at) },
    ],
  });

  async function refresh() {
    let log;
    try {
      log = (await api.cluster(signal)).replication;
    } catch (error) {
      if (error.status !== 403) throw error;
    }
    element.hidden = log?.mode !== "sync";
    if (element.hidden) return;
    if (!element.firstChild) put(element, h("h2", {}, "Servers"), note, table.element);
    const last = Math.max(log.entry, ...log.nodes.map((node) => node.entry));
    table.setRows(log.nodes.map((node) => ({ ...node, behind: last - node.entry }))
      .sort((a, b) => a.address.localeCompare(b.address)));
    put(note, `This server ${words[log.role] ?? log.role}`
      + (log.role === "follower" ? `, ${duration(log.lag_ms / 1000)} behind` : "")
      + `; the log has ${counted(last, "commit")}.`
      + (log.failure ? ` What went wrong last: ${log.failure}.` : ""));
  }

  return { element, refresh };
}

/** How long ago a moment was, as this clock has it. */
function since(moment) {
  const seconds = Math.round((Date.now() - Date.parse(moment)) / 1000);
  if (Number.isNaN(seconds)) return "–";
  return seconds < 10 ? "just now" : `${counted(seconds, "second")} ago`;
}
