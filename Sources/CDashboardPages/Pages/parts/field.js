// Fields of forms, each with its label.
import { h } from "../core/dom.js";
import { parseJSON } from "../core/json.js";

/** A labelled field; what is said of it stands below. */
export function field(label, control, note) {
  return h("label", {}, h("span", {}, label), control, note && h("span", { class: "note" }, note));
}

/** A line of text. */
export function line(attributes = {}) {
  return h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...attributes });
}

/** A choice among texts, or among `[value, text]`. */
export function choice(options, value, attributes = {}) {
  return h("select", attributes, options.map((option) => {
    const [own, text] = Array.isArray(option) ? option : [option, option];
    return h("option", { value: own, selected: own === value }, text);
  }));
}

/** A choice among the vectors of a collection. */
export function vectorChoice(names) {
  return choice(names.map((one) => [one, one === "" ? "the unnamed one" : one]), names[0]);
}

/** Texts that a line of text offers by way of its attribute `list`. */
export function offers(id, texts) {
  return h("datalist", { id }, texts.map((value) => h("option", { value })));
}

/** A box to tick, with its label beside it. */
export function tick(label, isTicked = false, attributes = {}) {
  const box = h("input", { type: "checkbox", checked: isTicked, ...attributes });
  return { element: h("label", { class: "inline" }, box, label), box };
}

/** Several lines of JSON. */
export function jsonArea(value, attributes = {}) {
  const area = h("textarea", { rows: 10, spellcheck: "false", ...attributes });
  area.value = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return area;
}

/** What JSON in a field stands for; throws a sentence when it is none. */
export function parsed(area, what = "This") {
  const text = area.value.trim();
  if (text === "") return undefined;
  try {
    return parseJSON(text);
  } catch (error) {
    throw new Error(`${what} is not JSON: ${error.message}`);
  }
}
