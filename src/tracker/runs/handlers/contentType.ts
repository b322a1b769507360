import path from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.bmp': 'image/bmp',
  '.json': 'application/json',
  '.csv': 'text/csv; charset=utf-8',
  '.tsv': 'text/tab-separated-values; charset=utf-8',
  '.pdf': 'application/pdf',
  '.zip': 'application/zip',
};
const TEXT = new Set([
  '.txt',
  '.md',
  '.py',
  '.r',
  '.sh',
  '.jl',
  '.log',
  '.yaml',
  '.yml',
  '.toml',
  '.ini',
  '.cfg',
  '.js',
  '.ts',
  '.html',
  '.htm',
  '.xml',
  '.svg',
  '.css',
  '.jsonl',
]);

/** By the name's ending. What a browser would run (HTML, SVG) is told to be plain text; nothing a run made is run. */
export function contentType(file: string): string {
  const extension = path.extname(file).toLowerCase();
  return TYPES[extension] ?? (TEXT.has(extension) ? 'text/plain; charset=utf-8' : 'application/octet-stream');
}
