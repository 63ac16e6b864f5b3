// Requests to begin with, as Qdrant's documentation has them.

/** @returns `{title, method, path, body}` for a collection with these vectors */
export function templates(name, vectors) {
  const c = `collections/${encodeURIComponent(name)}`;
  const dense = vectors.find((vector) => vector.kind === "dense");
  const sparse = vectors.find((vector) => vector.kind === "sparse");
  const using = (vector) => (vector && vector.name !== "" ? { using: vector.name } : {});
  const numbers = Array.from({ length: dense?.params.size ?? 4 }, (_, i) =>
    Number(Math.sin(i + 1).toFixed(2)));
  const weights = { indices: [1, 42], values: [0.22, 0.8] };
  const query = `${c}/points/query`;
  return [
    post("Nearest to a vector", query, {
      query: numbers, ...using(dense), limit: 5, with_payload: true,
    }),
    post("Nearest to a point", query, {
      query: 1, ...using(dense), limit: 5, with_payload: true,
    }),
    post("Nearest, with a filter", query, {
      query: 1, ...using(dense), limit: 5,
      filter: { must: [{ key: "city", match: { value: "Rome" } }] },
    }),
    post("Nearest, with more effort", query, {
      query: 1, ...using(dense), limit: 5, params: { hnsw_ef: 256, exact: false },
    }),
    sparse && post("Nearest by sparse weights", query, {
      query: weights, using: sparse.name, limit: 5, with_payload: true,
    }),
    sparse && dense && post("Hybrid: dense and sparse, fused", query, {
      prefetch: [
        { query: weights, using: sparse.name, limit: 20 },
        { query: 1, ...using(dense), limit: 20 },
      ],
      query: { fusion: "rrf" }, limit: 5, with_payload: true,
    }),
    post("Recommend by examples", query, {
      query: { recommend: { positive: [1, 2], negative: [3], strategy: "average_vector" } },
      ...using(dense), limit: 5,
    }),
    post("Discover in a context", query, {
      query: { discover: { target: 1, context: [{ positive: 2, negative: 3 }] } },
      ...using(dense), limit: 5,
    }),
    post("Boost scores by a formula", query, {
      prefetch: { query: 1, ...using(dense), limit: 50 },
      query: {
        formula: { sum: ["$score", { mult: [0.5, { key: "stars", match: { value: 5 } }] }] },
      },
      limit: 5,
    }),
    post("A random sample", query, { query: { sample: "random" }, limit: 5, with_payload: true }),
    post("Ordered by a key", query, { query: { order_by: "year" }, limit: 5, with_payload: true }),
    post("Groups by a key", `${c}/points/query/groups`, {
      query: 1, ...using(dense), group_by: "topic", limit: 4, group_size: 2,
    }),
    post("Scroll", `${c}/points/scroll`, { limit: 10, with_payload: true }),
    post("Count", `${c}/points/count`, { exact: true }),
    post("Values of a key, counted", `${c}/facet`, { key: "topic", limit: 10 }),
    post("Distances among points", `${c}/points/search/matrix/pairs`, {
      sample: 10, limit: 3, ...using(dense),
    }),
    put("Upsert a point", `${c}/points?wait=true`, {
      points: [{
        id: 1_000_001, payload: { city: "Rome" },
        vector: dense && dense.name !== "" ? { [dense.name]: numbers } : numbers,
      }],
    }),
    post("Set payload", `${c}/points/payload?wait=true`, { payload: { seen: true }, points: [1] }),
    post("Delete by a filter", `${c}/points/delete?wait=true`, {
      filter: { must: [{ key: "city", match: { value: "Rome" } }] },
    }),
    put("Index a key", `${c}/index?wait=true`, { field_name: "city", field_schema: "keyword" }),
    get("The collection", c),
    get("Its memory", `${c}/memory`),
    get("Its index builds", `${c}/optimizations?with=queued,completed,idle_segments`),
    get("All collections", "collections"),
    get("All aliases", "aliases"),
    get("Telemetry", "telemetry?details_level=1"),
    get("Version", ""),
  ].filter(Boolean);
}

const post = (title, path, body) => ({ title, method: "POST", path, body });
const put = (title, path, body) => ({ title, method: "PUT", path, body });
const get = (title, path) => ({ title, method: "GET", path });
