// The window that makes a collection.
import * as api from "../core/endpoints.js";
import { h } from "../core/dom.js";
import { ask } from "./dialog.js";
import { field, jsonArea, line, parsed } from "./field.js";
import { say } from "./notices.js";
import { vectorFields } from "./vector-fields.js";

/** @returns the name of the collection that was made; `null` when none was */
export function createCollection() {
  const name = line({ required: true, name: "collection" });
  const vectors = vectorFields();
  const more = jsonArea("", {
    rows: 4, placeholder: '{"strict_mode_config": {"enabled": true}}',
  });
  return ask({
    title: "New collection", action: "Create", wide: true,
    content: [
      field("Name", name), vectors.element,
      h("details", {}, h("summary", {}, "More settings"),
        field("As JSON, in the members of the API", more)),
    ],
    work: async () => {
      const wanted = name.value.trim();
      if (wanted === "") throw new Error("A collection needs a name.");
      const settings = parsed(more, "“More settings”");
      await api.createCollection(wanted, { ...vectors.value(), ...settings });
      say(`“${wanted}” was made.`);
      return wanted;
    },
  });
}
