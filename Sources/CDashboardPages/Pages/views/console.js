// Any request to the API, written by hand, with its answer, its time and what it looked at.
import * as api from "../core/endpoints.js";
import { send } from "../core/api.js";
import { h, put } from "../core/dom.js";
import { bytes, duration } from "../core/format.js";
import { history, remember } from "../core/history.js";
import { parseJSON } from "../core/json.js";
import { templates } from "../core/templates.js";
import { explanation } from "../parts/explanation.js";
import { choice, field, jsonArea, line, tick } from "../parts/field.js";
import { trouble } from "../parts/trouble.js";
import { vectorsOf } from "../parts/vector-panels.js";

/** What is shown of an answer, in characters; all of it can be copied. */
const shownCharacters = 200_000;

export async function show({ root, place, signal }) {
  const names = await api.collections(signal);
  const method = choice(["GET", "POST", "PUT", "PATCH", "DELETE"], "GET");
  const path = line({ value: "collections", class: "mono" });
  const body = jsonArea("", { rows: 16 });
  const explain = tick("Explain what a query looked at", true);
  const collection = choice(names.length ? names : [""], place.query.get("collection") ?? names[0]);
  const template = h("select");
  const past = h("div");
  const answer = h("div", { class: "stack", "aria-live": "polite" });
  const form = h(
    "form", { class: "stack", novalidate: true },
    h("div", { class: "row" }, field("Method", method),
      h("div", { class: "grow" }, field("Path", path))),
    field("Body, as JSON", body),
    h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, "Send"),
      explain.element, h("span", { class: "note" }, "Ctrl + Enter sends, too.")),
  );
  let known = [];

  async function fillTemplates() {
    const info = collection.value
      && await api.collection(collection.value, signal).catch(() => null);
    known = templates(collection.value, info ? vectorsOf(info) : []);
    put(template, h("option", { value: "" }, "Choose a request"),
      known.map(({ title }, index) => h("option", { value: index }, title)));
  }

  function use(request) {
    method.value = request.method;
    path.value = request.path;
    body.value = typeof request.body === "string" ? request.body
      : request.body === undefined ? "" : JSON.stringify(request.body, null, 2);
  }

  function showPast() {
    const entries = history();
    put(past, entries.length === 0 ? h("p", { class: "note" }, "Nothing was sent yet.")
      : h("ul", { class: "plain history" }, entries.map((one) => h("li", {}, h(
        "button", { type: "button", class: "quiet", onclick: () => use(one) },
        h("span", { class: "mono" }, `${one.method} ${one.path}`),
        h("span", { class: "note" }, ` ${one.status} in ${duration(one.milliseconds / 1000)}`))))));
  }

  async function run() {
    put(answer, h("p", { class: "note" }, "Waiting for the answer …"));
    const [steps, query = ""] = path.value.trim().split("?");
    const asked = new URLSearchParams(query);
    if (explain.box.checked && /\/(query|search)(\/(batch|groups))?$/.test(steps)) {
      asked.set("explain", "true");
    }
    const started = performance.now();
    try {
      const reply = await send(method.value, steps, {
        text: body.value.trim() === "" ? undefined : body.value,
        query: Object.fromEntries(asked), signal,
      });
      const text = await reply.text();
      const milliseconds = performance.now() - started;
      remember({
        method: method.value, path: path.value, body: body.value, status: reply.status,
        milliseconds,
      });
      showPast();
      put(answer, told(reply, text, milliseconds));
    } catch (error) {
      if (!signal.aborted) put(answer, trouble(error, run));
    }
  }

  collection.addEventListener("change", fillTemplates);
  template.addEventListener("change", () => template.value !== "" && use(known[template.value]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  });

  put(
    root, h("h1", {}, "Console"),
    h("div", { class: "split" },
      h("div", { class: "stack" },
        h("section", { class: "panel" }, h("h2", {}, "Request"),
          h("div", { class: "row" }, field("Collection", collection),
            h("div", { class: "grow" }, field("Template", template))),
          form),
        h("section", { class: "panel" }, h("h2", {}, "History"), past)),
      h("section", { class: "panel" }, h("h2", {}, "Answer"), answer)),
  );
  showPast();
  await fillTemplates();
}

function told(reply, text, milliseconds) {
  let parsed = null;
  try {
    parsed = parseJSON(text);
  } catch {
    // Some answers are plain text.
  }
  const shown = parsed === null ? text : JSON.stringify(parsed, null, 2);
  const server = typeof parsed?.time === "number"
    ? `, ${duration(parsed.time)} of it in the server` : "";
  return [
    h("p", {},
      h("strong", { class: reply.ok ? "good" : "problem" }, `${reply.status} ${reply.statusText}`),
      ` in ${duration(milliseconds / 1000)}${server}; ${bytes(text.length)}.`),
    !reply.ok && parsed?.status?.error && h("p", { class: "problem" }, parsed.status.error),
    explanation(parsed?.explain),
    h("pre", { class: "code tall", tabindex: 0, "aria-label": "The answer" },
      shown.length > shownCharacters ? `${shown.slice(0, shownCharacters)}\n… cut here` : shown),
    h("div", {}, h("button", {
      type: "button", class: "small", onclick: () => navigator.clipboard?.writeText(shown),
      hidden: !navigator.clipboard,
    }, "Copy")),
  ];
}
