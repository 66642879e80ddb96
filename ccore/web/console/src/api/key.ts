/** A new Idempotency-Key. `crypto.randomUUID` would do, but browsers give it only to pages that came by TLS. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
