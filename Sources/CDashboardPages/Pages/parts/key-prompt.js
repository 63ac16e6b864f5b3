// Asks for the server's key, once however many requests want one.
import { h } from "../core/dom.js";
import { key, setKey } from "../core/session.js";
import { ask } from "./dialog.js";

let open = null;

/** @returns whether there is a key that was not tried yet */
export function keyAsker(sentence) {
  open ??= prompt(sentence).finally(() => {
    open = null;
  });
  return open;
}

async function prompt(sentence) {
  const hadOne = key() !== null;
  const input = h("input", {
    type: "password", autocomplete: "off", required: true, name: "key",
  });
  const given = await ask({
    title: "This server asks for a key",
    action: "Go on",
    content: [
      h("p", {}, hadOne ? sentence : "It is kept until this tab is closed, and nowhere else."),
      h("label", {}, "API key or token", input),
    ],
    work: async () => {
      if (input.value.trim() === "") throw new Error("A key is needed.");
      setKey(input.value.trim());
    },
  });
  return given !== null;
}
