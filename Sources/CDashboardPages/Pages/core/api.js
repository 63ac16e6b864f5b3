// Requests to the server that these pages came from, wherever a proxy put it.
import { parseJSON } from "./json.js";
import { key } from "./session.js";

/** Where the server is: these pages are in its folder `dashboard`. */
export const base = new URL("..", document.baseURI);

/** What the server refused, in its own words. */
export class ServerError extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.name = "ServerError";
    this.status = status;
  }
}

let askForKey = async () => false;

/** Sets who is asked for a key: `asker(sentence)` tells whether there is another one now. */
export function setKeyAsker(asker) {
  askForKey = asker;
}

/** The address of a path such as `collections/a%2Fb`. */
export function address(path, query = {}) {
  const url = new URL(path.replace(/^\/+/, ""), base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url;
}

/** A path of steps, each escaped. */
export function path(...steps) {
  return steps.map(encodeURIComponent).join("/");
}

/** What goes along with every request. */
export function headers(more = {}) {
  const mine = key();
  return mine === null ? more : { "api-key": mine, ...more };
}

/**
 * Sends a request; asks for a key where one is wanted, and then again.
 *
 * @returns the answer, whatever its status
 */
export async function send(method, path, { body, text, query, signal } = {}) {
  const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const type = content === undefined ? {} : { "content-type": "application/json" };
  for (;;) {
    const answer = await reach(address(path, query), {
      method, body: content, signal, headers: headers(type), cache: "no-store",
    });
    if (answer.status !== 401 || !(await askForKey(await sentence(answer.clone())))) return answer;
  }
}

/** Sends a request and gives the result in its answer. */
export async function call(method, path, options = {}) {
  return (await envelope(method, path, options)).result;
}

/** Sends a request and gives its answer as a whole: `{result, time, …}`. */
export async function envelope(method, path, options = {}) {
  const answer = await send(method, path, options);
  if (!answer.ok) throw new ServerError(answer.status, await sentence(answer));
  return parseJSON(await answer.text());
}

/** Sends a request and gives the text of its answer. */
export async function text(method, path, options = {}) {
  const answer = await send(method, path, options);
  if (!answer.ok) throw new ServerError(answer.status, await sentence(answer));
  return answer.text();
}

/** Why a request was refused, from its answer. */
export async function sentence(answer) {
  return sentenceOf(await answer.text(), answer.status);
}

/** The same of an answer that was read already. */
export function sentenceOf(body, status) {
  try {
    const told = JSON.parse(body)?.status?.error;
    if (told) return told;
  } catch {
    // Some refusals are plain text.
  }
  return body.trim() || `The server answered with ${status} and said nothing.`;
}

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(0, "The server can't be reached.");
  }
}
