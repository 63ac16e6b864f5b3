// The server's figures as cards: what there is, what it takes, what waits.
import { h } from "../core/dom.js";
import { bytes, count, counted, percent } from "../core/format.js";
import { by, total } from "../core/metrics.js";
import { meter } from "../parts/meter.js";

/** @param families what /metrics told; empty where it tells nothing */
export function serverFigures(families) {
  return {
    pointsOf: by(families, "collection_points", "id"),
    memoryOf: by(families, "collection_memory_bytes", "collection"),
    cards: (collections) => [
      card("Collections", count(collections)),
      families.size > 0 && [
        card("Points", count(total(families, "collection_points"))),
        memoryCard(families), diskCard(families), waitingCard(families),
      ],
    ],
  };
}

function memoryCard(families) {
  const taken = total(families, "memory_formula_bytes");
  const limit = total(families, "storage_limit_memory_bytes");
  const resident = total(families, "memory_resident_bytes");
  const measured = `${bytes(resident)} measured in the process`;
  if (!limit) return card("Memory by the formula", bytes(taken), `No limit. ${measured}.`);
  return card(
    "Memory by the formula", bytes(taken),
    `${percent(taken / limit)} of the limit of ${bytes(limit)}. ${measured}.`,
    meter(taken / limit, "Memory, of the limit", true),
  );
}

function diskCard(families) {
  const taken = total(families, "storage_disk_bytes");
  const free = total(families, "storage_disk_free_bytes");
  const limit = total(families, "storage_limit_disk_bytes");
  const room = limit || taken + free;
  const against = limit ? `the limit of ${bytes(limit)}` : "what the disk has for it";
  return card(
    "Disk", bytes(taken), `${percent(taken / room)} of ${against}; ${bytes(free)} free.`,
    meter(taken / room, "Disk, of what it may take", true),
  );
}

function waitingCard(families) {
  const writes = total(families, "collection_update_queue_length") ?? 0;
  const building = total(families, "collection_running_optimizations") ?? 0;
  const behind = total(families, "collection_index_tail_points") ?? 0;
  const parts = [
    building && `${counted(building, "index", "indexes")} being built`,
    behind && `${counted(behind, "point")} to enter into indexes`,
  ].filter(Boolean);
  const more = parts.length ? `${parts.join("; ")}.` : "Nothing else waits.";
  return card("Writes waiting", count(writes), more);
}

function card(title, value, note, picture) {
  return h(
    "div", { class: "card" }, h("h2", {}, title), h("p", { class: "figure" }, value), picture,
    note && h("p", { class: "note" }, note),
  );
}
