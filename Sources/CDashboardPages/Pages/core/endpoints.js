// The server's API, a function for each call that these pages make.
import { call, envelope, path, text } from "./api.js";
import { shown } from "./json.js";

const of = (name, ...more) => path("collections", name, ...more);

// The server
export const telemetry = (signal) =>
  call("GET", "telemetry", { query: { details_level: 0 }, signal });
export const cluster = (signal) => call("GET", "cluster", { signal });
export const metrics = (signal) => text("GET", "metrics", { signal });

// Collections
export const collections = async (signal) =>
  (await call("GET", "collections", { signal })).collections.map((item) => item.name);
export const collection = (name, signal) => call("GET", of(name), { signal });
export const createCollection = (name, body) => call("PUT", of(name), { body });
export const updateCollection = (name, body) => call("PATCH", of(name), { body });
export const deleteCollection = (name) => call("DELETE", of(name));
export const memory = (name, signal) => call("GET", of(name, "memory"), { signal });
export const createVector = (name, vector, body) =>
  call("PUT", of(name, "vectors", vector), { body, query: { wait: true } });
export const deleteVector = (name, vector) =>
  call("DELETE", of(name, "vectors", vector), { query: { wait: true } });
export const createIndex = (name, body) =>
  call("PUT", of(name, "index"), { body, query: { wait: true } });
export const deleteIndex = (name, field) =>
  call("DELETE", of(name, "index", field), { query: { wait: true } });

// Aliases
export const aliases = async (signal) => (await call("GET", "aliases", { signal })).aliases;
export const aliasesOf = async (name, signal) =>
  (await call("GET", of(name, "aliases"), { signal })).aliases.map((alias) => alias.alias_name);
export const changeAliases = (actions) =>
  call("POST", "collections/aliases", { body: { actions } });

// Points
export const scroll = (name, body, signal) =>
  call("POST", of(name, "points", "scroll"), { body, signal });
export const countPoints = async (name, body, signal) =>
  (await call("POST", of(name, "points", "count"), { body, signal })).count;
export const point = (name, id, signal) => call("GET", of(name, "points", shown(id)), { signal });
export const retrieve = (name, body, signal) =>
  call("POST", of(name, "points"), { body, signal });
export const query = (name, body, signal) =>
  call("POST", of(name, "points", "query"), { body, signal });
export const overwritePayload = (name, id, payload) =>
  call("PUT", of(name, "points", "payload"), {
    body: { payload, points: [id] }, query: { wait: true },
  });
export const deletePoints = (name, ids) =>
  call("POST", of(name, "points", "delete"), { body: { points: ids }, query: { wait: true } });

// Snapshots: of a collection, or of the whole server where the name is null.
const folder = (name) => (name === null ? "snapshots" : of(name, "snapshots"));
export const snapshotPath = (name, file) => `${folder(name)}/${encodeURIComponent(file)}`;
export const snapshotUploadPath = (name) => of(name, "snapshots", "upload");
export const snapshots = (name, signal) => call("GET", folder(name), { signal });
/** What is being made or recovered, and how far it is: `[{kind, progress}]`. */
export const snapshotWork = async (name, signal) =>
  (await envelope("GET", folder(name), { query: { progress: true }, signal })).running ?? [];
export const createSnapshot = (name) => call("POST", folder(name), { query: { wait: true } });
export const deleteSnapshot = (name, file) =>
  call("DELETE", snapshotPath(name, file), { query: { wait: true } });
export const recover = (name, location) =>
  call("PUT", of(name, "snapshots", "recover"), {
    body: { location, priority: "snapshot" }, query: { wait: true },
  });

// Access. Both change nothing: one tells who may read all, the other who may do all.
export const mayReadAll = (signal) => text("GET", "quotas", { signal });
export const mayManage = () => envelope("DELETE", "issues");
