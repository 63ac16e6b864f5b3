// The window that changes a collection's settings.
import * as api from "../core/endpoints.js";
import { h } from "../core/dom.js";
import { ask } from "./dialog.js";
import { field, jsonArea, parsed } from "./field.js";
import { say } from "./notices.js";

/** @returns whether something was changed */
export async function editCollection(name) {
  const { config } = await api.collection(name);
  const now = {
    optimizers_config: { indexing_threshold: config.optimizer_config.indexing_threshold },
    hnsw_config: { ef_construct: config.hnsw_config.ef_construct },
    strict_mode_config: config.strict_mode_config ?? { enabled: false },
    metadata: config.metadata ?? {},
  };
  const area = jsonArea(now, { rows: 18 });
  const done = await ask({
    title: `Settings of “${name}”`, action: "Save", wide: true,
    content: [
      h("p", { class: "note" }, "What is left out stays as it is. Any member of the API's request",
        " to update a collection may be given."),
      field("Changes, as JSON", area),
    ],
    work: () => api.updateCollection(name, parsed(area, "The text") ?? {}),
  });
  if (done) say("The settings were saved.");
  return done !== null;
}
