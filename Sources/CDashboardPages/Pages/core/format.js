// Numbers as people read them.
const whole = new Intl.NumberFormat("en");
const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 1234567 as 1,234,567. */
export function count(number) {
  return typeof number === "number" ? whole.format(number) : "–";
}

/** `1 point`, `2 points`. */
export function counted(number, noun, many = `${noun}s`) {
  return `${count(number)} ${number === 1 ? noun : many}`;
}

/** A size with the unit that gives few digits. */
export function bytes(number) {
  if (typeof number !== "number") return "–";
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit += 1;
  }
  return `${unit === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[unit]}`;
}

/** 0.123 as 12.3 %; ends that are not reached are not shown as reached. */
export function percent(share, digits = 0) {
  if (typeof share !== "number" || Number.isNaN(share)) return "–";
  let shown = (share * 100).toFixed(digits);
  if (share < 1 && Number(shown) >= 100) shown = (100 - 10 ** -digits).toFixed(digits);
  return `${shown} %`;
}

/** Seconds as µs, ms or s. */
export function duration(seconds) {
  if (typeof seconds !== "number") return "–";
  if (seconds < 0.001) return `${trim(seconds * 1e6)} µs`;
  if (seconds < 1) return `${trim(seconds * 1000)} ms`;
  return `${trim(seconds)} s`;
}

/** A number with few digits. */
export function short(number) {
  if (typeof number !== "number") return "–";
  return Number.isInteger(number) ? count(number) : String(Number(number.toPrecision(4)));
}

function trim(number) {
  return number >= 100 ? Math.round(number) : Number(number.toPrecision(3));
}
