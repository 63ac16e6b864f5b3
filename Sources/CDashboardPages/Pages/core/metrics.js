// The figures of GET /metrics, in the text format of Prometheus.

/** Samples by name: lists of `{labels, value}`. */
export function parseMetrics(text) {
  const families = new Map();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!match) continue;
    const [, name, labels, value] = match;
    if (!families.has(name)) families.set(name, []);
    families.get(name).push({ labels: parseLabels(labels ?? ""), value: Number(value) });
  }
  return families;
}

/** The one value of a name, or the sum of all. */
export function total(families, name) {
  const samples = families.get(name);
  return samples?.reduce((sum, sample) => sum + sample.value, 0);
}

/** The values of a name, summed by one of its labels. */
export function by(families, name, label) {
  const sums = new Map();
  for (const { labels, value } of families.get(name) ?? []) {
    sums.set(labels[label], (sums.get(labels[label]) ?? 0) + value);
  }
  return sums;
}

function parseLabels(text) {
  const labels = {};
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\(.)/g, (_, letter) => (letter === "n" ? "\n" : letter));
  }
  return labels;
}
