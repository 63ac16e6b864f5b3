// Where the dots of a plane lie in a window that is moved and zoomed over it.
const margin = 20;
const scales = [0.5, 200];

/** Dots `{x, y}` in their own measure, seen in a window measured in pixels. */
export class Plane {
  dots = [];
  width = 1;
  height = 1;
  #low = [0, 0];
  #span = 1;
  #view = { x: 0, y: 0, scale: 1 };

  /** Takes other dots, and shows all of them. */
  setDots(dots) {
    this.dots = dots;
    const ends = ["x", "y"].map((axis) => dots.reduce(
      ([low, high], dot) => [Math.min(low, dot[axis]), Math.max(high, dot[axis])],
      [Infinity, -Infinity]));
    const spans = ends.map(([low, high]) => high - low);
    this.#span = Math.max(...spans) || 1;
    // The smaller side lies in the middle.
    this.#low = ends.map(([low], axis) => low - (this.#span - spans[axis]) / 2);
    this.reset();
  }

  /** Shows all dots. */
  reset() {
    this.#view = { x: 0, y: 0, scale: 1 };
  }

  /** Where a dot is in the window. */
  place(dot) {
    const fit = (Math.min(this.width, this.height) - 2 * margin) * this.#view.scale;
    return [
      this.width / 2 + this.#view.x + ((dot.x - this.#low[0]) / this.#span - 0.5) * fit,
      this.height / 2 + this.#view.y - ((dot.y - this.#low[1]) / this.#span - 0.5) * fit,
    ];
  }

  /** Moves what is seen by pixels. */
  move(x, y) {
    this.#view.x += x;
    this.#view.y += y;
  }

  /** Zooms, while what is at a place of the window stays there; by default at its middle. */
  zoom(factor, [x, y] = [this.width / 2, this.height / 2]) {
    const { scale } = this.#view;
    const next = Math.min(scales[1], Math.max(scales[0], scale * factor));
    const by = next / scale;
    const [left, top] = [x - this.width / 2, y - this.height / 2];
    this.#view = {
      scale: next, x: (this.#view.x - left) * by + left, y: (this.#view.y - top) * by + top,
    };
  }

  /** The dot nearest to a place of the window; `null` when none is within so many pixels. */
  nearest(x, y, within) {
    let [best, distance] = [null, within ** 2];
    for (const dot of this.dots) {
      const [a, b] = this.place(dot);
      const away = (a - x) ** 2 + (b - y) ** 2;
      if (away < distance) [best, distance] = [dot, away];
    }
    return best;
  }
}
