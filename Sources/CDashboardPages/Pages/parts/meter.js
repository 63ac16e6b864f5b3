// A bar that shows a share.
import { h } from "../core/dom.js";
import { percent } from "../core/format.js";

/**
 * @param share 0 to 1
 * @param label what it is a share of, for those who do not see it
 * @param isLimit whether a full bar is a reason to worry
 */
export function meter(share, label, isLimit = false) {
  const shown = Math.min(1, Math.max(0, share));
  const fill = h("div", { class: isLimit && shown > 0.9 ? "full" : "" });
  // The policy for styles forbids attributes, not this.
  fill.style.inlineSize = `${shown * 100}%`;
  return h(
    "div", {
      class: "meter", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-valuenow": Math.round(shown * 100), "aria-valuetext": percent(share),
    }, fill,
  );
}
