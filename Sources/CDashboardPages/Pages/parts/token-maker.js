// The form that makes a token. It is signed here; nothing is sent.
import { h, put } from "../core/dom.js";
import { canSign, sign } from "../core/token.js";
import { parseJSON } from "../core/json.js";
import { choice, field, line, tick } from "./field.js";

const rights = [["r", "read"], ["rw", "read and write"], ["prw", "read and write points"]];
const scopes = [
  ["r", "Read everything"], ["m", "Do everything"], ["some", "Some collections only"],
];
const days = [
  ["1", "a day"], ["7", "a week"], ["30", "30 days"], ["365", "a year"], ["", "for ever"],
];

/** @param secret the key that it is signed with */
export function tokenMaker(secret) {
  if (!canSign) {
    return h("p", {}, "Browsers sign only on pages that came over HTTPS or from this machine: use ",
      h("code", {}, "quiver token"), " instead.");
  }
  const scope = choice(scopes, "r");
  const names = line({ placeholder: "articles, images" });
  const right = choice(rights, "r");
  const life = choice(days, "30");
  const subject = line({ placeholder: "who has it" });
  const some = h("div", { class: "row", hidden: true },
    h("div", { class: "grow" }, field("Collections", names)), field("They may", right));
  scope.addEventListener("change", () => {
    some.hidden = scope.value !== "some";
  });
  const bound = tick("It ends when a point is deleted");
  const collection = line({ placeholder: "users" });
  const matches = line({ placeholder: "id=42, role=reader" });
  const point = h("div", { class: "row", hidden: true },
    h("div", { class: "grow" }, field("Collection of the point", collection)),
    h("div", { class: "grow" }, field("What its payload has", matches)));
  bound.box.addEventListener("change", () => {
    point.hidden = !bound.box.checked;
  });
  const problem = h("p", { class: "problem", role: "alert" });
  const made = h("div", { role: "status" });
  const form = h(
    "form", { class: "stack", novalidate: true },
    h("div", { class: "row" }, field("What it may do", scope), field("Valid", life),
      h("div", { class: "grow" }, field("Subject, for the audit log", subject))),
    some, h("div", {}, bound.element), point, problem,
    h("div", {}, h("button", { type: "submit", class: "main" }, "Make a token")), made,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    put(problem);
    try {
      const token = await sign(claimsFrom(), secret);
      put(made, h("label", {}, h("span", {}, "The token, shown this once"),
        h("textarea", { readonly: true, rows: 5 }, token)));
    } catch (error) {
      put(problem, error.message);
    }
  });

  function claimsFrom() {
    const found = {};
    if (scope.value === "some") {
      const wanted = names.value.split(",").map((name) => name.trim()).filter(Boolean);
      if (wanted.length === 0) throw new Error("Name at least one collection.");
      found.access = wanted.map((collection) => ({ collection, access: right.value }));
    } else {
      found.access = scope.value;
    }
    if (life.value !== "") {
      found.exp = Math.floor(Date.now() / 1000) + Number(life.value) * 86_400;
    }
    if (bound.box.checked) {
      if (collection.value.trim() === "") throw new Error("Name the collection of the point.");
      found.value_exists = { collection: collection.value.trim(), matches: matched() };
    }
    if (subject.value.trim() !== "") found.subject = subject.value.trim();
    return found;
  }

  /** What says which point it is; a value is a word, a whole number or a truth. */
  function matched() {
    const parts = matches.value.split(",").map((text) => text.trim()).filter(Boolean);
    if (parts.length === 0) throw new Error("Say what the payload of the point has.");
    return parts.map((text) => {
      const end = text.indexOf("=");
      if (end < 1) throw new Error(`“${text}” is no KEY=VALUE.`);
      return { key: text.slice(0, end).trim(), value: valueOf(text.slice(end + 1).trim()) };
    });
  }
  return form;
}

function valueOf(text) {
  if (text === "true" || text === "false" || /^-?\d{1,18}$/.test(text)) return parseJSON(text);
  return text;
}
