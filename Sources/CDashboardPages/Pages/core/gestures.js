// Moving and zooming with a mouse, with fingers and by keyboard.
const step = 1.25;
const stride = 40;
/** A press that moves no further is a click, in pixels. */
const still = 6;

/**
 * @param element what is moved over; it takes the focus
 * @param act `{move(x, y), zoom(factor, place), reset(), hover(x, y), leave(), click(x, y)}`
 */
export function wireGestures(element, act) {
  const fingers = new Map();
  let moved = 0;

  const spread = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };

  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved = 0;
  });
  element.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    const now = [event.offsetX, event.offsetY];
    if (!before) return act.hover(...now);
    const apart = fingers.size === 2 ? spread() : 0;
    fingers.set(event.pointerId, now);
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (fingers.size === 2) act.zoom(spread() / (apart || 1), now);
    else act.move(now[0] - before[0], now[1] - before[1]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, (event) => {
      const wasClick = end === "pointerup" && fingers.size === 1 && moved < still;
      fingers.delete(event.pointerId);
      if (wasClick) act.click(event.offsetX, event.offsetY);
    });
  }
  element.addEventListener("pointerleave", () => act.leave());
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    act.zoom(event.deltaY < 0 ? step : 1 / step, [event.offsetX, event.offsetY]);
  }, { passive: false });
  wireKeys(element, act);
}

function wireKeys(element, act) {
  const keys = {
    ArrowLeft: () => act.move(stride, 0), ArrowRight: () => act.move(-stride, 0),
    ArrowUp: () => act.move(0, stride), ArrowDown: () => act.move(0, -stride),
    "+": () => act.zoom(step), "-": () => act.zoom(1 / step), 0: () => act.reset(),
  };
  element.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
}
