import { useMemo, useRef, useState } from 'preact/hooks';
import type { OutputEntry } from '../../src/shared/domain/run.ts';
import { formatBytes } from '../../src/shared/format.ts';

interface FileTreeProps {
  readonly files: readonly OutputEntry[];
  readonly selected: string | undefined;
  readonly label: string;
  readonly onSelect: (file: OutputEntry) => void;
}

interface Row {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly bytes: number;
  readonly file: OutputEntry | undefined;
}

/** A tree of files from a flat list of paths; folders open and close, arrows move (WAI-ARIA tree). */
export function FileTree({ files, selected, label, onSelect }: FileTreeProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string>();
  const root = useRef<HTMLDivElement>(null);
  const all = useMemo(() => rowsOf(files), [files]);
  const rows = all.filter((row) => !parents(row.path).some((parent) => closed.has(parent)));
  const current = rows.some((row) => row.path === focused) ? focused : rows[0]?.path;

  const toggle = (path: string) => {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  };
  const focus = (path: string | undefined) => {
    if (path === undefined) return;
    setFocused(path);
    root.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)?.focus();
  };
  const activate = (row: Row) => (row.file ? onSelect(row.file) : toggle(row.path));
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex((row) => row.path === current);
    const row = rows[at];
    if (!row) return;
    const isOpen = !row.file && !closed.has(row.path);
    if (event.key === 'ArrowDown') focus(rows[at + 1]?.path);
    else if (event.key === 'ArrowUp') focus(rows[at - 1]?.path);
    else if (event.key === 'ArrowRight' && !row.file && !isOpen) toggle(row.path);
    else if (event.key === 'ArrowLeft' && isOpen) toggle(row.path);
    else if (event.key === 'ArrowLeft') focus(parents(row.path).at(-1));
    else if (event.key === 'Enter' || event.key === ' ') activate(row);
    else return;
    event.preventDefault();
  };

  return (
    <div class="file-tree" role="tree" aria-label={label} ref={root} onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <div
          key={row.path}
          role="treeitem"
          data-path={row.path}
          aria-level={row.depth + 1}
          aria-selected={row.path === selected}
          aria-expanded={row.file ? undefined : !closed.has(row.path)}
          tabIndex={row.path === current ? 0 : -1}
          style={{ paddingLeft: `${8 + row.depth * 12}px` }}
          onClick={() => {
            setFocused(row.path);
            activate(row);
          }}
          onKeyDown={() => undefined}
        >
          <span class={`codicon codicon-${iconOf(row, closed)}`} aria-hidden="true" />
          <span class="file-name" title={row.path}>
            {row.name}
          </span>
          <span class="muted tabular">{formatBytes(row.bytes)}</span>
        </div>
      ))}
    </div>
  );
}

function rowsOf(files: readonly OutputEntry[]): Row[] {
  const folders = new Map<string, number>();
  const leaves = files.filter((file) => file.kind !== 'directory');
  for (const file of leaves) {
    for (const parent of parents(file.path)) folders.set(parent, (folders.get(parent) ?? 0) + file.bytes);
  }
  const rows: Row[] = [
    ...[...folders].map(([path, bytes]) => ({ ...place(path), bytes, file: undefined })),
    ...leaves.map((file) => ({ ...place(file.path), bytes: file.bytes, file })),
  ];
  // Folders before files at each level: compare by parts, a folder's part sorting before a file's.
  const key = (row: Row) =>
    row.path.split('/').map((part, i, parts) => (i < parts.length - 1 || !row.file ? `0${part}` : `1${part}`));
  return rows
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ row }) => row);
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = (a[i] ?? '').localeCompare(b[i] ?? '', undefined, { numeric: true });
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function place(path: string): { path: string; name: string; depth: number } {
  const parts = path.split('/');
  return { path, name: parts.at(-1) ?? path, depth: parts.length - 1 };
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

function iconOf(row: Row, closed: ReadonlySet<string>): string {
  if (!row.file) return closed.has(row.path) ? 'chevron-right' : 'chevron-down';
  if (row.file.kind === 'link') return 'file-symlink-file';
  if (/\.(png|jpe?g|gif|svg|webp)$/i.test(row.name)) return 'file-media';
  if (/\.onnx$/i.test(row.name)) return 'package';
  if (/\.(csv|tsv|parquet)$/i.test(row.name)) return 'table';
  return 'file';
}
