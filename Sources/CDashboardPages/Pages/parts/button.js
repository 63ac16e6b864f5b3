// Buttons that do something.
import { h } from "../core/dom.js";

/**
 * @param kind names of styles: `main`, `danger`, `quiet`, `small`
 * @param about what it is about, for those who do not see what stands beside it
 */
export function button(label, onclick, { kind, about } = {}) {
  return h("button", {
    type: "button", class: kind, onclick, "aria-label": about && `${label}: ${about}`,
  }, label);
}
