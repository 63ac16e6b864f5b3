// The frame around the pages: the bar, and which page is shown.
import { setKeyAsker } from "./core/api.js";
import { h, put } from "./core/dom.js";
import { follow, link } from "./core/router.js";
import { wireThemeSwitch } from "./core/theme.js";
import { keyAsker } from "./parts/key-prompt.js";
import { trouble } from "./parts/trouble.js";

/** Pages by the first step of the address; each is loaded when it is first shown. */
const pages = [
  { step: "", title: "Overview", load: () => import("./views/overview.js") },
  {
    step: "collections", title: "Collection", isHidden: true,
    load: () => import("./views/collection.js"),
  },
  { step: "console", title: "Console", load: () => import("./views/console.js") },
  { step: "activity", title: "Activity", load: () => import("./views/activity.js") },
  { step: "snapshots", title: "Snapshots", load: () => import("./views/snapshots.js") },
  { step: "access", title: "Access", load: () => import("./views/access.js") },
];

const main = document.getElementById("main");
const bar = document.getElementById("pages");
let shown = null;

async function show(place, signal) {
  const page = pages.find(({ step }) => step === (place.steps[0] ?? "")) ?? pages[0];
  const current = page.isHidden ? "" : page.step;
  for (const anchor of bar.querySelectorAll("a")) {
    if (anchor.dataset.step === current) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  document.title = `${place.steps[1] ?? page.title} · Quiver`;
  const root = h("div", { class: "page" });
  put(main, root);
  // The first page is read from the top; a later one from its heading.
  if (shown !== null) main.focus({ preventScroll: true });
  shown = page;
  scrollTo(0, 0);
  try {
    const view = await page.load();
    if (!signal.aborted) await view.show({ root, place, signal });
  } catch (error) {
    if (!signal.aborted) put(root, h("h1", {}, page.title), trouble(error, again));
  }
}

put(
  bar,
  pages.filter((page) => !page.isHidden).map(({ step, title }) =>
    h("a", { href: link(step === "" ? [] : [step]), "data-step": step }, title)),
);
wireThemeSwitch(document.getElementById("theme"));
setKeyAsker(keyAsker);
const again = follow(show);
