// Elements from code. Texts are always texts: nothing that a server says becomes markup.

/**
 * Makes an element: `h("a", { href, onclick }, "text", child)`. Attributes that are `false`,
 * `null` or `undefined` are left out, `true` is an empty one; `on…` takes a listener. Children may
 * be nodes, texts, numbers and lists of them; what is no child is left out.
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for the elements of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** Takes out what is in an element and puts in something else. */
export function put(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

let lastID = 0;

/** An id that no other element of the page has. */
export function freshID(prefix = "e") {
  lastID += 1;
  return `${prefix}-${lastID}`;
}
