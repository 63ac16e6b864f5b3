// What is shown where something went wrong: the server's sentence, and a way to try again.
import { h } from "../core/dom.js";

/** @param again called by the button; without it there is none */
export function trouble(error, again) {
  return h(
    "div", { class: "trouble", role: "alert" },
    h("p", {}, error.message),
    again && h("button", { type: "button", onclick: again }, "Try again"),
  );
}
