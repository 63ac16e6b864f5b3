// Histograms of /metrics, put in the form of pictures.
import { duration } from "../core/format.js";

const family = "rest_responses_duration_seconds";

/** Routes that were asked for, as `POST /collections/{collection_name}/points/query`. */
export function endpoints(families) {
  const samples = families.get(`${family}_count`) ?? [];
  return [...new Set(samples.map(({ labels }) => `${labels.method} ${labels.endpoint}`))].sort();
}

/** Answers of a route by how long they took: `{name, upTo, value}`, quickest first. */
export function histogram(families, endpoint) {
  const sums = new Map();
  for (const { labels, value } of families.get(`${family}_bucket`) ?? []) {
    if (`${labels.method} ${labels.endpoint}` !== endpoint) continue;
    const upTo = labels.le === "+Inf" ? Infinity : Number(labels.le);
    sums.set(upTo, (sums.get(upTo) ?? 0) + value);
  }
  let before = 0;
  const all = [...sums].sort(([a], [b]) => a - b).map(([upTo, value]) => {
    const own = value - before;
    before = value;
    return { name: upTo === Infinity ? "more" : duration(upTo), upTo, value: own };
  });
  // The ends that nothing fell into say nothing.
  const first = all.findIndex(({ value }) => value > 0);
  const last = all.findLastIndex(({ value }) => value > 0);
  return first < 0 ? [] : all.slice(Math.max(0, first - 1), last + 2);
}

/** The time within which a share of the answers came: the end of the bucket that it falls into. */
export function quantile(buckets, share) {
  const all = buckets.reduce((sum, bucket) => sum + bucket.value, 0);
  let seen = 0;
  for (const { upTo, value } of buckets) {
    seen += value;
    if (seen >= share * all) return upTo;
  }
  return Infinity;
}
