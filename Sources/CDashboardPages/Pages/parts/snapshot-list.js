// Snapshots of a collection, or of the whole server: made, sent both ways, recovered, deleted.
import * as api from "../core/endpoints.js";
import { address, headers, sentence, sentenceOf, ServerError } from "../core/api.js";
import { h, put } from "../core/dom.js";
import { bytes, percent } from "../core/format.js";
import { key } from "../core/session.js";
import { watch } from "../core/watch.js";
import { button } from "./button.js";
import { confirmed } from "./dialog.js";
import { meter } from "./meter.js";
import { say, sayWhy } from "./notices.js";
import { pagedTable } from "./paged-table.js";

/** @param name the collection's; `null` for the whole server */
export function snapshotList(name, signal) {
  const work = h("div", { role: "status" });
  const table = pagedTable({
    caption: "Snapshots", empty: "There is no snapshot.", keyOf: (one) => one.name,
    columns: [
      { title: "Name", cell: (one) => h("code", { class: "name" }, one.name) },
      { title: "Made", cell: (one) => (one.creation_time ?? "").replace("T", " ") },
      { title: "Size", isNumber: true, cell: (one) => bytes(one.size) },
      { title: "", cell: (one) => buttons(one) },
    ],
  });
  const make = button("New snapshot", () => busy("Making a snapshot", async () => {
    const made = await api.createSnapshot(name);
    say(`“${made.name}” was made.`);
  }, "create"), { kind: "main" });

  async function refresh() {
    const found = await api.snapshots(name, signal);
    const time = (one) => one.creation_time ?? "";
    table.setRows(found.sort((a, b) => time(b).localeCompare(time(a))));
  }

  /**
   * Runs what may take long, and says so meanwhile.
   *
   * @param kind the server's own work to tell the progress of
   */
  async function busy(text, run, kind) {
    const over = new AbortController();
    const told = h("span", {}, `${text} …`);
    const bar = h("div");
    put(work, h("div", { class: "panel stack" }, told, bar));
    make.disabled = true;
    const tell = (share, what) => {
      put(told, `${what} ${percent(share)}`);
      put(bar, meter(share, what));
    };
    if (kind) follow(kind, AbortSignal.any([signal, over.signal]), tell);
    try {
      await run(tell);
      await refresh();
    } catch (error) {
      sayWhy(error);
    } finally {
      over.abort();
      put(work);
      make.disabled = false;
    }
  }

  /** Tells how far the server is, until `signal` ends. */
  function follow(kind, signal, tell) {
    watch(1, signal, async () => {
      const running = await api.snapshotWork(name, signal).catch(() => []);
      const mine = running.find((one) => one.kind === kind);
      const what = kind === "create" ? "Making a snapshot" : "Recovering";
      if (mine && !signal.aborted) tell(mine.progress, what);
    });
  }

  function buttons(one) {
    const act = (label, run, kind = "") =>
      button(label, run, { kind: `small ${kind}`, about: one.name });
    return h(
      "div", { class: "buttons" },
      act("Download", () => busy("Downloading", (tell) => download(name, one, tell))),
      name !== null && act("Recover", () => restore(one)),
      act("Delete", () => remove(one), "danger"),
    );
  }

  async function restore(one) {
    const isWanted = await confirmed({
      title: `Recover “${name}” from this snapshot?`, action: "Recover",
      text: `What is in the collection now is replaced by what “${one.name}” holds.`,
      work: async () => true,
    });
    if (!isWanted) return;
    await busy("Recovering", async () => {
      await api.recover(name, `snapshot:${one.name}`);
      say(`“${name}” is as it was in “${one.name}”.`);
    }, "recover");
  }

  async function remove(one) {
    const done = await confirmed({
      title: "Delete this snapshot?", text: `“${one.name}” can't be brought back.`,
      work: () => api.deleteSnapshot(name, one.name),
    });
    if (done) await refresh();
  }

  const upload = name !== null && uploadField((file) =>
    busy(`Uploading ${file.name}`, (tell) => send(name, file, tell), "recover"));
  return { element: h("div", { class: "stack" }, h("div", { class: "row" }, make, upload), work,
    table.element), refresh };
}

function uploadField(start) {
  const input = h("input", { type: "file", "aria-label": "Recover from a file" });
  input.addEventListener("change", () => {
    const file = input.files[0];
    if (!file) return;
    confirmed({
      title: "Recover from this file?", action: "Upload and recover",
      text: `What is in the collection now is replaced by what “${file.name}” holds.`,
      work: async () => true,
    }).then((isWanted) => {
      if (isWanted) start(file);
      input.value = "";
    });
  });
  return h("label", {}, h("span", {}, "Recover from a file"), input);
}

/** Without a key the browser does it; with one the file passes through this page. */
async function download(name, one, tell) {
  const url = address(api.snapshotPath(name, one.name));
  if (key() === null) return save(url, one.name);
  const answer = await fetch(url, { headers: headers() });
  if (!answer.ok) throw new ServerError(answer.status, await sentence(answer));
  const pieces = [];
  let done = 0;
  for await (const piece of streamed(answer.body)) {
    pieces.push(piece);
    done += piece.length;
    tell(one.size ? done / one.size : 0, "Downloading");
  }
  const object = URL.createObjectURL(new Blob(pieces));
  save(object, one.name);
  setTimeout(() => URL.revokeObjectURL(object), 60_000);
}

async function* streamed(body) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function save(url, name) {
  const anchor = h("a", { href: url, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}

/** Uploads a snapshot; the older kind of request tells how far it is. */
function send(name, file, tell) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("snapshot", file);
    const request = new XMLHttpRequest();
    const query = { wait: true, priority: "snapshot" };
    request.open("POST", address(api.snapshotUploadPath(name), query));
    for (const [field, value] of Object.entries(headers())) request.setRequestHeader(field, value);
    request.upload.addEventListener("progress", ({ loaded, total }) =>
      tell(loaded / total, loaded < total ? "Uploading" : "Uploaded; being recovered:"));
    request.addEventListener("error", () =>
      reject(new ServerError(0, "The upload broke off.")));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) {
        say(`“${name}” is as it was in “${file.name}”.`);
        resolve();
      } else {
        reject(new ServerError(request.status, sentenceOf(request.responseText, request.status)));
      }
    });
    request.send(form);
  });
}
