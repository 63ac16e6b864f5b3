// Builds a filter out of conditions, or takes one as JSON.
import { h, put } from "../core/dom.js";
import { parseJSON } from "../core/json.js";
import { button } from "./button.js";
import { choice, field, jsonArea, line, offers, parsed } from "./field.js";

const occurrences = [["must", "must"], ["should", "may (one of these)"], ["must_not", "must not"]];

/** Kinds of conditions: what they are called, what is typed, and what the API takes for it. */
const conditions = {
  is: {
    title: "is", hint: "a value", make: (key, text) => ({ key, match: { value: value(text) } }),
  },
  any: {
    title: "is one of", hint: "a, b, c",
    make: (key, text) => ({ key, match: { any: text.split(",").map((one) => value(one.trim())) } }),
  },
  text: {
    title: "has the words", hint: "words", make: (key, text) => ({ key, match: { text } }),
  },
  least: { title: "is at least", hint: "a number or date", make: range("gte") },
  most: { title: "is at most", hint: "a number or date", make: range("lte") },
  empty: { title: "is missing or empty", make: (key) => ({ is_empty: { key } }) },
  ids: {
    title: "id is one of", hint: "1, 2, 3", hasNoKey: true,
    make: (_, text) => ({ has_id: text.split(",").map((one) => value(one.trim())) }),
  },
};

/** Numbers, `true` and `false` as such; whatever is quoted is a text. */
function value(text) {
  if (/^-?\d+$/.test(text) || text === "true" || text === "false") return parseJSON(text);
  return text.replace(/^"(.*)"$/, "$1");
}

function range(bound) {
  return (key, text) => {
    const number = Number(text);
    return { key, range: { [bound]: text.trim() === "" || Number.isNaN(number) ? text : number } };
  };
}

/**
 * @param keys names of payload keys to choose from
 * @param onchange called when the filter is to be used
 * @returns `{element, value()}`; no value is no filter
 */
export function filterBuilder({ keys, onchange }) {
  const rows = [];
  const list = h("div", { class: "stack" });
  const raw = jsonArea("", {
    rows: 7, "aria-label": "Filter as JSON",
    placeholder: '{"must": [{"key": "city", "match": {"value": "Rome"}}]}',
  });
  const add = button("Add a condition", () => addRow(), { kind: "small" });
  const swap = button("Write it as JSON", toggle, { kind: "small" });
  const problem = h("p", { class: "problem", role: "alert" });
  const apply = h("button", { type: "submit", class: "main small" }, "Apply");
  let isRaw = false;

  const element = h(
    "form", { class: "stack", novalidate: true, "aria-label": "Filter" },
    offers("payload-keys", keys), list, raw, problem,
    h("div", { class: "buttons" }, add, swap, apply),
  );
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    put(problem);
    try {
      current();
      onchange();
    } catch (error) {
      put(problem, error.message);
    }
  });

  function addRow() {
    const row = conditionRow(() => {
      rows.splice(rows.indexOf(row), 1);
      row.element.remove();
    });
    rows.push(row);
    list.append(row.element);
    row.focus();
  }

  function current() {
    if (isRaw) return parsed(raw, "The filter");
    if (rows.length === 0) return undefined;
    const filter = {};
    for (const row of rows) (filter[row.occurrence] ??= []).push(row.value());
    return filter;
  }

  function toggle() {
    if (!isRaw) raw.value = rows.length ? JSON.stringify(current(), null, 2) : "";
    isRaw = !isRaw;
    show();
    if (isRaw) raw.focus();
  }

  function show() {
    raw.hidden = !isRaw;
    list.hidden = add.hidden = isRaw;
    swap.textContent = isRaw ? "Back to conditions" : "Write it as JSON";
  }
  show();
  return { element, value: current };
}

function conditionRow(remove) {
  const occurrence = choice(occurrences, "must");
  const key = line({ list: "payload-keys", placeholder: "key" });
  const kind = choice(Object.entries(conditions).map(([name, one]) => [name, one.title]), "is");
  const input = line();
  const keyField = field("Key", key);
  const inputField = field("Value", input);
  const show = () => {
    const { hint, hasNoKey } = conditions[kind.value];
    keyField.hidden = Boolean(hasNoKey);
    inputField.hidden = !hint;
    input.placeholder = hint ?? "";
  };
  kind.addEventListener("change", show);
  show();
  return {
    element: h(
      "fieldset", { class: "row" }, h("legend", { class: "unseen" }, "Condition"),
      field("Points", occurrence), keyField, field("Test", kind), inputField,
      h("button", { type: "button", class: "small", onclick: remove }, "Remove"),
    ),
    focus: () => key.focus(),
    get occurrence() { return occurrence.value; },
    value: () => conditions[kind.value].make(key.value.trim(), input.value),
  };
}
