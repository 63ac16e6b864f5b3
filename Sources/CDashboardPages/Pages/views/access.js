// Which key these pages use, what it may do, and tokens for others.
import * as api from "../core/endpoints.js";
import { h, put } from "../core/dom.js";
import { key, setKey } from "../core/session.js";
import { claims } from "../core/token.js";
import { button } from "../parts/button.js";
import { definitions } from "../parts/definitions.js";
import { keyAsker } from "../parts/key-prompt.js";
import { tokenMaker } from "../parts/token-maker.js";

export async function show({ root, place, signal }) {
  const again = () => show({ root, place, signal });
  const [app, rights] = await Promise.all([
    api.telemetry(signal).then((told) => told.app).catch(() => ({})), readRights(signal),
  ]);
  const mine = key();
  put(
    root, h("h1", {}, "Access"),
    h("section", { class: "panel" }, h("h2", {}, "Your key"),
      h("p", {}, mine === null ? "These pages use none."
        : `These pages use ${claims(mine) ? "a token" : "a key"}.`),
      h("p", {}, rights.sentence),
      mine !== null && claimsOf(mine),
      h("div", { class: "buttons" },
        button(mine === null ? "Use a key" : "Use another key",
          () => keyAsker("Another key.").then((given) => given && again())),
        mine !== null && button("Forget it", () => {
          setKey(null);
          again();
        }))),
    h("section", { class: "panel" }, h("h2", {}, "A token for somebody else"),
      tokenSection(app, rights, mine)),
    h("section", { class: "panel" }, h("h2", {}, "The server"),
      definitions([
        ["Version", app.quiver_version], ["Speaks Qdrant's API", app.version],
        ["Durability", app.durability],
        ["Tokens", app.jwt_rbac === undefined ? null : app.jwt_rbac ? "taken" : "not taken"],
      ])),
  );
}

/** What the key may do, found out by asking for what changes nothing. */
async function readRights(signal) {
  const may = (ask) => ask().then(() => true, (error) => {
    if (error.status === 403 || error.status === 401) return false;
    throw error;
  });
  const mayRead = await may(() => api.mayReadAll(signal));
  const mayManage = mayRead && await may(api.mayManage);
  if (mayManage && key() === null) {
    const sentence = "The server asks for no key: everybody who reaches it may do everything.";
    return { mayManage, sentence };
  }
  if (mayManage) return { mayManage, sentence: "It may do everything." };
  if (mayRead) return { mayManage, sentence: "It may read everything, and change nothing." };
  return { mayManage, sentence: "It may use some collections only." };
}

function claimsOf(token) {
  const told = claims(token);
  return told && h("pre", { class: "code", tabindex: 0 }, JSON.stringify(told, null, 2));
}

function tokenSection(app, rights, mine) {
  if (!rights.mayManage) {
    return h("p", {}, "Tokens are signed with a key that may do everything, which yours is not.");
  }
  if (mine === null) {
    return h("p", {}, "A server that asks for no key takes no tokens.");
  }
  if (claims(mine)) return h("p", {}, "A token can't sign another one: use the server's key.");
  return [
    app.jwt_rbac === false && h("p", { class: "problem" },
      "This server takes no tokens now: “service.jwt_rbac” is off."),
    tokenMaker(mine),
  ];
}
