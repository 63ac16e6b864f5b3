// A plane of dots that can be moved, zoomed and asked what a dot is.
import { h } from "../core/dom.js";

const radius = 4;
const step = 1.25;

/**
 * @param dots `{x, y, colour, name}`
 * @param onpick called with the dot that was clicked
 * @returns `{element, draw(dots)}`
 */
export function scatter({ label, onpick, signal }) {
  const canvas = h("canvas", { tabindex: 0, role: "img", "aria-label": label, class: "plane" });
  const tip = h("div", { class: "tip", hidden: true });
  const element = h("div", { class: "plane-frame" }, canvas, tip);
  const fingers = new Map();
  let dots = [];
  let view = { x: 0, y: 0, scale: 1 };
  let box = { low: [0, 0], span: 1 };
  let hovered = null;
  let moved = 0;

  const side = () => [canvas.clientWidth, canvas.clientHeight];
  const place = (dot) => {
    const [width, height] = side();
    const fit = (Math.min(width, height) - 40) * view.scale;
    return [
      width / 2 + view.x + ((dot.x - box.low[0]) / box.span - 0.5) * fit,
      height / 2 + view.y - ((dot.y - box.low[1]) / box.span - 0.5) * fit,
    ];
  };

  function paint() {
    const [width, height] = side();
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.globalAlpha = 0.8;
    for (const dot of dots) {
      const [x, y] = place(dot);
      if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue;
      pen.fillStyle = dot.colour;
      pen.beginPath();
      pen.arc(x, y, dot === hovered ? radius + 3 : radius, 0, 7);
      pen.fill();
    }
  }

  function zoom(factor, [x, y] = side().map((length) => length / 2)) {
    const [width, height] = side();
    const next = Math.min(200, Math.max(0.5, view.scale * factor));
    const by = next / view.scale;
    view = {
      scale: next,
      x: (view.x - (x - width / 2)) * by + (x - width / 2),
      y: (view.y - (y - height / 2)) * by + (y - height / 2),
    };
    paint();
  }

  function move(x, y) {
    view = { ...view, x: view.x + x, y: view.y + y };
    paint();
  }

  function nearest(x, y) {
    let [best, distance] = [null, 14 ** 2];
    for (const dot of dots) {
      const [a, b] = place(dot);
      const away = (a - x) ** 2 + (b - y) ** 2;
      if (away < distance) [best, distance] = [dot, away];
    }
    return best;
  }

  function hover(x, y) {
    const found = nearest(x, y);
    if (found !== hovered) {
      hovered = found;
      paint();
    }
    tip.hidden = found === null;
    if (found === null) return;
    tip.textContent = found.name;
    const [width] = side();
    tip.style.insetInlineStart = `${Math.min(x + 12, width - 180)}px`;
    tip.style.insetBlockStart = `${y + 12}px`;
  }

  const spread = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    const now = [event.offsetX, event.offsetY];
    if (!before) return hover(...now);
    const apart = fingers.size === 2 ? spread() : 0;
    fingers.set(event.pointerId, now);
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (fingers.size === 2) zoom(spread() / (apart || 1), now);
    else move(now[0] - before[0], now[1] - before[1]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      const wasClick = end === "pointerup" && fingers.size === 1 && moved < 6;
      fingers.delete(event.pointerId);
      const dot = wasClick && nearest(event.offsetX, event.offsetY);
      if (dot) onpick(dot);
    });
  }
  canvas.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? step : 1 / step, [event.offsetX, event.offsetY]);
  }, { passive: false });
  const keys = {
    ArrowLeft: () => move(40, 0), ArrowRight: () => move(-40, 0),
    ArrowUp: () => move(0, 40), ArrowDown: () => move(0, -40),
    "+": () => zoom(step), "-": () => zoom(1 / step), 0: () => reset(),
  };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  new ResizeObserver(paint).observe(canvas);
  document.documentElement.addEventListener("themechange", paint, { signal });

  function reset() {
    view = { x: 0, y: 0, scale: 1 };
    paint();
  }

  return {
    element, zoom, reset,
    draw(next) {
      dots = next;
      hovered = null;
      const [xs, ys] = [dots.map((dot) => dot.x), dots.map((dot) => dot.y)];
      const low = [Math.min(...xs), Math.min(...ys)];
      const spans = [Math.max(...xs) - low[0], Math.max(...ys) - low[1]];
      const span = Math.max(...spans) || 1;
      // The smaller side lies in the middle.
      box = { span, low: low.map((value, axis) => value - (span - spans[axis]) / 2) };
      reset();
    },
  };
}
