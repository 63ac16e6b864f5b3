// Windows that ask for something. The browser keeps the focus in them, and Escape closes them.
import { freshID, h, put } from "../core/dom.js";

/**
 * Asks in a window of its own.
 *
 * @param content what stands above the buttons
 * @param action the label of the button that does it
 * @param work called by that button; while it runs the window says so, what it throws is shown,
 *   and with what it returns the window closes
 * @returns what `work` returned; `null` when the window was closed otherwise
 */
export function ask({ title, content, action, isDangerous = false, wide = false, work }) {
  return new Promise((resolve) => {
    const id = freshID("dialog");
    const problem = h("p", { class: "problem", role: "alert" });
    const doIt = h("button", { type: "submit", class: isDangerous ? "danger" : "main" }, action);
    const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
    let outcome = null;
    const form = h(
      "form", { novalidate: true },
      h("h2", { id }, title), h("div", { class: "fields" }, content), problem,
      h("div", { class: "buttons" }, cancel, doIt),
    );
    const dialog = h("dialog", { "aria-labelledby": id, class: wide && "wide" }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      put(problem);
      doIt.disabled = true;
      doIt.setAttribute("aria-busy", "true");
      try {
        outcome = (await work()) ?? true;
        dialog.close();
      } catch (error) {
        put(problem, error.message);
      } finally {
        doIt.disabled = false;
        doIt.removeAttribute("aria-busy");
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(outcome);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks before something is destroyed; with `typed` that word has to be typed first. */
export function confirmed({ title, text, action = "Delete", typed, work }) {
  const input = typed && h("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  return ask({
    title, action, isDangerous: true,
    content: [
      h("p", {}, text),
      typed && h("label", {}, "Type ", h("code", {}, typed), " to go on", input),
    ],
    work: async () => {
      if (typed && input.value !== typed) throw new Error(`This is not “${typed}”.`);
      return work();
    },
  });
}
