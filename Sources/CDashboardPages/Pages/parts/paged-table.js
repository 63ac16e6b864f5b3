// A table that shows a page of its rows at a time, however many there are. When it is drawn again,
// what did not change stays, so that nobody loses the focus, or a click.
import { h, put } from "../core/dom.js";
import { count } from "../core/format.js";

/**
 * @param columns `{title, isNumber, cell(row)}`
 * @param size rows on a page
 * @param keyOf what tells rows apart
 * @param onpage told the rows that came to be shown
 * @returns `{element, setRows(rows), refresh()}`
 */
export function pagedTable({ caption, columns, size = 50, empty, keyOf = (row) => row, onpage }) {
  let rows = [];
  let first = 0;
  let drawn = new Map();
  const body = h("tbody");
  const where = h("span", { class: "where", "aria-live": "polite" });
  const turn = (by) => {
    first += by;
    show();
  };
  const before = h("button", { type: "button", onclick: () => turn(-size) }, "Previous");
  const after = h("button", { type: "button", onclick: () => turn(size) }, "Next");
  const turner = h("div", { class: "turner", hidden: true }, before, where, after);
  const heads = columns.map(({ title, isNumber }) =>
    h("th", { scope: "col", class: isNumber && "number" }, title));
  const element = h(
    "div", {},
    h(
      "div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": caption },
      h("table", {}, h("caption", { class: "unseen" }, caption),
        h("thead", {}, h("tr", {}, heads)), body),
    ),
    turner,
  );

  function draw() {
    const shown = rows.slice(first, first + size);
    drawn = new Map(shown.map((row) => [keyOf(row), line(row, drawn.get(keyOf(row)))]));
    const lines = rows.length > 0 ? [...drawn.values()]
      : [h("tr", {}, h("td", { colspan: columns.length, class: "empty" }, empty))];
    if (lines.some((one, index) => body.children[index] !== one)
      || lines.length !== body.children.length) put(body, lines);
    turner.hidden = rows.length <= size;
    before.disabled = first === 0;
    after.disabled = first + size >= rows.length;
    put(where, `${count(first + 1)}–${count(first + shown.length)} of ${count(rows.length)}`);
    return shown;
  }

  /** A line for a row: the one that it has, with what changed in it, or a new one. */
  function line(row, before) {
    const cells = columns.map((column) =>
      h("td", { class: column.isNumber && "number" }, column.cell(row)));
    if (!before) return h("tr", {}, cells);
    cells.forEach((cell, index) => {
      const known = before.children[index];
      if (known.innerHTML !== cell.innerHTML) known.replaceWith(cell);
    });
    return before;
  }

  function show() {
    first = Math.max(0, Math.min(first, Math.max(0, rows.length - 1)));
    first -= first % size;
    const shown = draw();
    onpage?.(shown);
  }

  return {
    element,
    setRows(next) {
      rows = next;
      show();
    },
    /** Draws the same rows again, with what is known of them now. */
    refresh: draw,
    get shown() { return rows.slice(first, first + size); },
  };
}
