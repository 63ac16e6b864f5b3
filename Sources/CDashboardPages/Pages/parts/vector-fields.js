// The fields that describe the vectors of a new collection.
import { h } from "../core/dom.js";
import { choice, field, line } from "./field.js";

const kinds = [["dense", "Dense"], ["multi", "Multivector"], ["sparse", "Sparse"]];
const distances = ["Cosine", "Dot", "Euclid", "Manhattan"];
const datatypes = ["float32", "float16", "uint8"];

/** A list of vectors that can be added to; `value()` is what the API takes. */
export function vectorFields() {
  const rows = [];
  const list = h("div", { class: "stack" });
  const more = h("button", { type: "button", onclick: () => add(true) }, "Add a vector");

  function add(isNamed) {
    const row = vectorRow(isNamed, () => {
      rows.splice(rows.indexOf(row), 1);
      row.element.remove();
      more.focus();
    });
    rows.push(row);
    list.append(row.element);
    if (isNamed) row.name.focus();
  }
  add(false);

  return {
    element: h("div", { class: "stack" }, list, h("div", {}, more)),
    value: () => described(rows.map((row) => row.value())),
  };
}

/** Vectors in the two members of a collection's description. */
function described(vectors) {
  const [dense, sparse] = [{}, {}];
  for (const { name, kind, params } of vectors) {
    if (name === "" && (kind === "sparse" || vectors.length > 1)) {
      throw new Error("Only a single dense vector may be without a name.");
    }
    if (name in dense || name in sparse) throw new Error("Two vectors have the same name.");
    (kind === "sparse" ? sparse : dense)[name] = params;
  }
  const body = { vectors: "" in dense ? dense[""] : dense };
  if (Object.keys(sparse).length > 0) body.sparse_vectors = sparse;
  return body;
}

/**
 * The fields of one vector; `value()` is `{name, kind, params}`.
 *
 * @param remove called by a button that removes it; without it there is none
 */
export function vectorRow(isNamed, remove) {
  const kind = choice(kinds, "dense");
  const name = line({ placeholder: isNamed ? "" : "none" });
  const size = line({ type: "number", min: 1, max: 65536, value: 384, inputmode: "numeric" });
  const distance = choice(distances, "Cosine");
  const datatype = choice(datatypes, "float32");
  const modifier = choice([["none", "as given"], ["idf", "by rarity (IDF)"]], "none");
  const ofDense = [
    field("Size", size), field("Distance", distance), field("Stored as", datatype),
  ];
  const ofSparse = field("Weights", modifier);
  const show = () => {
    const isSparse = kind.value === "sparse";
    for (const one of ofDense) one.hidden = isSparse;
    ofSparse.hidden = !isSparse;
  };
  kind.addEventListener("change", show);
  show();
  const element = h(
    "fieldset", {}, h("legend", {}, "Vector"),
    h("div", { class: "row" }, field("Kind", kind), field("Name", name), ofDense, ofSparse,
      remove && h("button", { type: "button", class: "small", onclick: remove }, "Remove")),
  );

  function value() {
    if (kind.value === "sparse") {
      const params = modifier.value === "none" ? {} : { modifier: modifier.value };
      return { name: name.value, kind: "sparse", params };
    }
    const params = { size: Number(size.value), distance: distance.value };
    if (datatype.value !== "float32") params.datatype = datatype.value;
    if (kind.value === "multi") params.multivector_config = { comparator: "max_sim" };
    return { name: name.value, kind: kind.value, params };
  }
  return { element, name, value };
}
