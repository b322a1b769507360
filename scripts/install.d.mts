/** The checkout. */
export const root: string;
export function ensureInstalled(folder: string, options?: { because?: string }): void;
export function ensureNode(): string;
export function isStale(folder: string): boolean;
