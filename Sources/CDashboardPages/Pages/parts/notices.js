// Short messages at the edge of the window, read out by screen readers.
import { h } from "../core/dom.js";

const seconds = 8;

/** Tells that something was done. */
export function say(text) {
  add(text, "done");
}

/** Tells why something was not done. */
export function sayWhy(error) {
  if (error.name !== "AbortError") add(error.message, "failed");
}

function add(text, kind) {
  const notice = h(
    "div", { class: `notice ${kind}` }, h("span", {}, text),
    h("button", {
      type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => notice.remove(),
    }, "×"),
  );
  document.getElementById("notices").append(notice);
  if (kind === "done") setTimeout(() => notice.remove(), seconds * 1000);
}
