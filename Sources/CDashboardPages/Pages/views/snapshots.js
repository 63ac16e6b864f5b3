// The snapshots of the whole server.
import { h, put } from "../core/dom.js";
import { snapshotList } from "../parts/snapshot-list.js";

export async function show({ root, signal }) {
  const list = snapshotList(null, signal);
  put(
    root, h("h1", {}, "Snapshots of the server"),
    h("p", { class: "note" }, "A file with all collections. A server begins with one by ",
      h("code", {}, "quiver serve --snapshot FILE"),
      ". Those of a single collection are among its tabs."),
    list.element,
  );
  await list.refresh();
}
