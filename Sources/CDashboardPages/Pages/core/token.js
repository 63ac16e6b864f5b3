// Tokens for the server: JWT, signed with a key by HMAC-SHA256.

/** Whether this browser signs here: only pages from a safe place may. */
export const canSign = globalThis.crypto?.subtle !== undefined;

/** A token with these claims, signed with a key that the server knows. */
export async function sign(claims, secret) {
  const body = `${packed({ alg: "HS256", typ: "JWT" })}.${packed(claims)}`;
  const key = await crypto.subtle.importKey(
    "raw", new TextEncoder().encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(body));
  return `${body}.${base64url(new Uint8Array(signature))}`;
}

/** The claims in a token; `null` for what is none. */
export function claims(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  try {
    const text = atob(parts[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
  } catch {
    return null;
  }
}

function packed(value) {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
