// The payload: which keys are indexed and how many points have them, and which keys there are.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { count, counted } from "../core/format.js";
import { isKept } from "../core/json.js";
import { button } from "../parts/button.js";
import { ask, confirmed } from "../parts/dialog.js";
import { choice, field, line } from "../parts/field.js";
import { say } from "../parts/notices.js";
import { pagedTable } from "../parts/paged-table.js";

const kinds = [
  "keyword", "integer", "float", "bool", "geo", "datetime", "text", "uuid",
];
/** Points that are looked at to find keys that are not indexed. */
const sampled = 100;

export async function show({ root, name, info, signal }) {
  const sample = await sampledKeys(name, signal);
  const table = pagedTable({
    caption: "Payload keys", empty: "No point of the sample has a payload.",
    keyOf: (row) => row.key,
    columns: [
      { title: "Key", cell: (row) => h("code", { class: "name" }, row.key) },
      { title: "Index", cell: (row) => row.index?.data_type ?? "none" },
      {
        title: "Points that have it", isNumber: true,
        cell: (row) => (row.index ? count(row.index.points) : `in ${row.seen} of ${sample.size}`),
      },
      { title: "For instance", cell: (row) => h("code", {}, row.example ?? "") },
      { title: "", cell: (row) => actions(row) },
    ],
  });
  const again = async () => show({ root, name, info: await api.collection(name, signal), signal });

  function actions({ key, index }) {
    const [label, work] = index ? ["Delete index", remove] : ["Index it", create];
    const run = () => work(name, key).then((done) => done && again());
    return button(label, run, { kind: "small", about: key });
  }

  table.setRows(rows(info.payload_schema, sample.keys));
  put(
    root,
    h("div", { class: "heading" },
      h("p", { class: "note" }, `Keys with an index, and those of ${counted(sample.size, "point")}.`
        + " Filters on a key with an index read no records."),
      button("New index", () => create(name, "").then((done) => done && again()),
        { kind: "main" })),
    table.element,
  );
}

/** Keys of some points, with an example and how many of them have it. */
async function sampledKeys(name, signal) {
  const { points } = await api.scroll(
    name, { limit: sampled, with_payload: true, with_vector: false }, signal);
  const keys = new Map();
  for (const { payload } of points) collect(payload ?? {}, "", keys);
  return { keys, size: points.length };
}

function collect(object, prefix, keys) {
  for (const [name, value] of Object.entries(object)) {
    const key = `${prefix}${/^[\w-]+$/.test(name) ? name : `"${name}"`}`;
    if (isObject(value)) {
      collect(value, `${key}.`, keys);
      continue;
    }
    const known = keys.get(key) ?? { seen: 0, example: JSON.stringify(value).slice(0, 60) };
    known.seen += 1;
    keys.set(key, known);
  }
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !isKept(value);
}

function rows(schema, found) {
  const names = new Set([...Object.keys(schema), ...found.keys()]);
  return [...names].sort().map((key) => ({ key, index: schema[key], ...found.get(key) }));
}

function create(name, key) {
  const input = line({ value: key });
  const kind = choice(kinds, "keyword");
  return ask({
    title: "New payload index", action: "Create",
    content: [
      field("Key", input, "A dot leads into an object, [] into every element of an array."),
      field("Kind of its values", kind),
    ],
    work: async () => {
      if (input.value.trim() === "") throw new Error("An index needs a key.");
      await api.createIndex(name, { field_name: input.value.trim(), field_schema: kind.value });
      say(`“${input.value.trim()}” is indexed.`);
    },
  });
}

function remove(name, key) {
  return confirmed({
    title: `Delete the index of “${key}”?`, action: "Delete the index",
    text: "Filters on it will read records instead. No data is lost.",
    work: () => api.deleteIndex(name, key),
  });
}
