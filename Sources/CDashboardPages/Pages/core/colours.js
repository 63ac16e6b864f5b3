// Colours for the values of a payload field; told apart also by those who see few colours.
const palette = [
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7a5fd0", "#a0522d",
];
const other = "#8a8f94";

/**
 * How points are coloured.
 *
 * @param values what each point has in the field; `undefined` where it has nothing
 * @returns `{colourOf(value), legend: [{name, colour}]}`
 */
export function colouring(values) {
  const numbers = values.filter((value) => typeof value === "number");
  const kinds = new Set(values.filter((value) => value !== undefined).map(String));
  if (numbers.length > 0 && kinds.size > palette.length) return byNumber(numbers);
  const counts = new Map();
  for (const value of values) {
    if (value !== undefined) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  const named = [...counts].sort((a, b) => b[1] - a[1]).slice(0, palette.length);
  const colours = new Map(named.map(([name], index) => [name, palette[index]]));
  const legend = named.map(([name, count]) =>
    ({ name: `${name} (${count})`, colour: colours.get(name) }));
  const rest = values.length - named.reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0 && named.length > 0) legend.push({ name: `others (${rest})`, colour: other });
  return {
    colourOf: (value) => (named.length ? colours.get(String(value)) ?? other : palette[0]), legend,
  };
}

function byNumber(numbers) {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const colour = (share) =>
    `hsl(${Math.round(230 - 190 * share)} 75% ${Math.round(42 + 8 * share)}%)`;
  return {
    colourOf: (value) =>
      (typeof value === "number" ? colour((value - low) / (high - low || 1)) : other),
    legend: [0, 0.5, 1].map((share) => ({
      name: String(Number((low + (high - low) * share).toPrecision(4))), colour: colour(share),
    })),
  };
}
