// Pictures of numbers, each with the numbers in words beside it.
import { h, svg } from "../core/dom.js";
import { meter } from "./meter.js";

/**
 * Bars with names, longest first.
 *
 * @param rows `{name, value}`
 * @param format a value in words
 */
export function barList(rows, format) {
  const shown = rows.filter((row) => row.value > 0).sort((a, b) => b.value - a.value);
  const most = shown[0]?.value ?? 1;
  if (shown.length === 0) return h("p", { class: "note" }, "Nothing yet.");
  return h("ul", { class: "bars" }, shown.map(({ name, value }) => h(
    "li", {}, h("span", { class: "name" }, name), meter(value / most, `${name}: ${format(value)}`),
    h("span", { class: "number" }, format(value)))));
}

const size = { width: 420, height: 210, left: 52, right: 16, top: 14, bottom: 40 };
const inner = {
  width: size.width - size.left - size.right, height: size.height - size.top - size.bottom,
};

/**
 * Columns that stand side by side, such as a histogram's.
 *
 * @param columns `{name, value}`
 * @param label what it shows, for those who do not see it
 */
export function columnChart({ columns, label, format }) {
  const most = Math.max(1, ...columns.map((column) => column.value));
  const step = inner.width / columns.length;
  // Names stand where there is room for them; the others are told by their columns.
  const every = Math.ceil(columns.length / 6);
  const drawn = columns.map(({ name, value }, index) => {
    const height = (value / most) * inner.height;
    const x = size.left + index * step;
    return [
      svg("rect", {
        class: "column", x: x + step * 0.1, width: step * 0.8, height,
        y: size.top + inner.height - height,
      }, svg("title", {}, `${name}: ${format(value)}`)),
      index % every === 0 && svg(
        "text", { class: "tick", x: x + step / 2, y: size.height - 22, "text-anchor": "middle" },
        name),
    ];
  });
  return frame(label, [axis(format, 0, most), drawn]);
}

/**
 * A line through points.
 *
 * @param points `[x, y]`, by rising x
 * @param xTitle, yTitle what the axes are
 */
export function lineChart({ points, label, xTitle, formatX, formatY, low, high }) {
  const last = Math.max(...points.map(([x]) => x)) || 1;
  const at = ([x, y]) => [
    size.left + (x / last) * inner.width,
    size.top + inner.height - ((y - low) / (high - low || 1)) * inner.height,
  ];
  const path = points.map(at).map(([x, y], index) => `${index ? "L" : "M"}${x} ${y}`).join("");
  return frame(label, [
    axis(formatY, low, high),
    svg("path", { class: "curve", d: path }),
    points.map((point) => {
      const [cx, cy] = at(point);
      return svg("circle", { class: "dot", cx, cy, r: 5 },
        svg("title", {}, `${formatX(point[0])}: ${formatY(point[1])}`));
    }),
    [0, last / 2, last].map((x) => svg(
      "text", {
        class: "tick", x: at([x, low])[0], y: size.height - 22,
        "text-anchor": x === 0 ? "start" : x === last ? "end" : "middle",
      }, formatX(x))),
    svg("text", {
      class: "tick", x: size.left + inner.width / 2, y: size.height - 5, "text-anchor": "middle",
    }, xTitle),
  ]);
}

function axis(format, low, high) {
  return [0, 0.5, 1].map((share) => {
    const y = size.top + inner.height * (1 - share);
    return [
      svg("line", { class: "grid", x1: size.left, x2: size.width - size.right, y1: y, y2: y }),
      svg("text", { class: "tick", x: size.left - 6, y: y + 4, "text-anchor": "end" },
        format(low + (high - low) * share)),
    ];
  });
}

function frame(label, content) {
  return svg(
    "svg", { class: "chart", viewBox: `0 0 ${size.width} ${size.height}`, role: "img",
      "aria-label": label },
    content,
  );
}
