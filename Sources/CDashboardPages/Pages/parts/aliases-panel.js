// Other names of a collection: listed, made and taken away.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { ask, confirmed } from "./dialog.js";
import { field, line } from "./field.js";
import { say } from "./notices.js";

export async function aliasesPanel(name, signal) {
  const list = h("div");
  const refresh = async () => {
    const names = (await api.aliasesOf(name, signal)).sort();
    put(list, names.length === 0
      ? h("p", { class: "note" }, "It has no other name.")
      : h("ul", { class: "plain lines" }, names.map((alias) => h(
        "li", {}, h("code", {}, alias),
        h("button", {
          type: "button", class: "small", "aria-label": `Delete the alias ${alias}`,
          onclick: () => remove(alias).then((done) => done && refresh()),
        }, "Delete")))));
  };
  await refresh();
  return h(
    "section", { class: "panel" },
    h("div", { class: "heading" }, h("h2", {}, "Aliases"),
      h("button", {
        type: "button", class: "small",
        onclick: () => add(name).then((done) => done && refresh()),
      }, "New alias")),
    list,
  );
}

function add(name) {
  const input = line();
  return ask({
    title: "New alias", action: "Create",
    content: [
      h("p", {}, `A name that requests may use for “${name}”. One that is in use moves here.`),
      field("Alias", input),
    ],
    work: async () => {
      const alias = input.value.trim();
      if (alias === "") throw new Error("An alias needs a name.");
      const known = (await api.aliases()).some((one) => one.alias_name === alias);
      const create = { create_alias: { alias_name: alias, collection_name: name } };
      await api.changeAliases(
        known ? [{ delete_alias: { alias_name: alias } }, create] : [create]);
      say(`“${alias}” is “${name}” now.`);
    },
  });
}

function remove(alias) {
  return confirmed({
    title: `Delete the alias “${alias}”?`, text: "Requests that use it will not find anything.",
    work: () => api.changeAliases([{ delete_alias: { alias_name: alias } }]),
  });
}
