import path from 'node:path';

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '..', '..');

/** What is made for people to look at: packages, screenshots, reports. Ignored by git. */
export const outFolder = path.join(root, 'out');

/** What is dear to make and may be thrown away at any time. Ignored by git. */
export const cacheFolder = path.join(root, '.cache');
