// A plane of dots that can be moved, zoomed and asked what a dot is.
import { h } from "../core/dom.js";
import { wireGestures } from "../core/gestures.js";
import { Plane } from "../core/plane.js";

const radius = 4;
/** How near to a dot the pointer is on it, in pixels. */
const near = 14;
const tipWidth = 180;

/**
 * @param label what it shows, for those who do not see it
 * @param onpick called with the dot that was clicked
 * @returns `{element, draw(dots), zoom(factor), reset()}`; a dot is `{x, y, colour, name}`
 */
export function scatter({ label, onpick }) {
  const canvas = h("canvas", { tabindex: 0, role: "img", "aria-label": label, class: "plane" });
  const tip = h("div", { class: "tip", hidden: true });
  const plane = new Plane();
  let hovered = null;

  function paint() {
    const ratio = devicePixelRatio || 1;
    [plane.width, plane.height] = [canvas.clientWidth, canvas.clientHeight];
    [canvas.width, canvas.height] = [plane.width * ratio, plane.height * ratio];
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.globalAlpha = 0.8;
    for (const dot of plane.dots) {
      const [x, y] = plane.place(dot);
      if (x < -radius || y < -radius || x > plane.width + radius || y > plane.height + radius) {
        continue;
      }
      pen.fillStyle = dot.colour;
      pen.beginPath();
      pen.arc(x, y, dot === hovered ? radius + 3 : radius, 0, 7);
      pen.fill();
    }
  }

  const painting = (work) => (...values) => {
    work(...values);
    paint();
  };
  const zoom = painting((factor, place) => plane.zoom(factor, place));
  const reset = painting(() => plane.reset());

  wireGestures(canvas, {
    zoom, reset, move: painting((x, y) => plane.move(x, y)),
    hover(x, y) {
      const found = plane.nearest(x, y, near);
      if (found !== hovered) {
        hovered = found;
        paint();
      }
      tip.hidden = found === null;
      tip.textContent = found?.name ?? "";
      tip.style.insetInlineStart = `${Math.min(x + 12, plane.width - tipWidth)}px`;
      tip.style.insetBlockStart = `${y + 12}px`;
    },
    leave() {
      tip.hidden = true;
    },
    click(x, y) {
      const found = plane.nearest(x, y, near);
      if (found) onpick(found);
    },
  });
  new ResizeObserver(paint).observe(canvas);

  return {
    element: h("div", { class: "plane-frame" }, canvas, tip), zoom, reset,
    draw: painting((dots) => {
      hovered = null;
      plane.setDots(dots);
    }),
  };
}
