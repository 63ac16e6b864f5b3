// The snapshots of one collection.
import { h, put } from "../core/dom.js";
import { snapshotList } from "../parts/snapshot-list.js";

export async function show({ root, name, signal }) {
  const list = snapshotList(name, signal);
  put(root, h("p", { class: "note" }, "A snapshot is a file with all of the collection."),
    list.element);
  await list.refresh();
}
