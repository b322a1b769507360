/** Wires the extension together; everything it wires lives under `src/editor`. */
export function activate(): void {
  // Nothing yet.
}
