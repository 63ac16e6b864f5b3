// How a collection is, in a colour and in words.
import { h } from "../core/dom.js";
import { counted, percent } from "../core/format.js";

const words = {
  green: "ready", yellow: "being indexed", grey: "waits to be indexed", red: "out of order",
};

/** The light of a collection with its meaning beside it. */
export function status(info) {
  return h(
    "span", { class: `status ${info.status}` }, words[info.status] ?? info.status,
  );
}

/** What happens to the index of one vector: `building, 42 %`. */
export function indexWords(index) {
  if (!index) return "searched row by row";
  const share = typeof index.progress === "number" ? `, ${percent(index.progress)}` : "";
  const tail = index.tail_points
    ? `, ${counted(index.tail_points, "point")} not in it yet` : "";
  switch (index.state) {
    case "waiting": return "waits to be indexed";
    case "building": return `index being built${share}`;
    case "rebuilding": return `index being rebuilt${share}`;
    case "ready": return `indexed in ${counted(index.lists, "list")}${tail}`;
    default: return index.state;
  }
}

/** What happens in a collection as a whole, with the share that is done of it. */
export function progress(info) {
  const indexes = Object.entries(info.ivf ?? {});
  const busy = indexes.filter(([, index]) => index.state !== "ready");
  if (info.update_queue?.length) {
    return { text: `${counted(info.update_queue.length, "write")} waiting`, share: null };
  }
  if (busy.length === 0) {
    return { text: indexes.length ? "indexed" : "searched row by row", share: null };
  }
  const [name, index] = busy[0];
  const text = `${name === "" ? "" : `${name}: `}${indexWords(index)}`;
  return { text, share: typeof index.progress === "number" ? index.progress : null };
}
