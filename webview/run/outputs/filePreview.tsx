import { useEffect, useState } from 'preact/hooks';
import { formatBytes } from '../../../src/shared/format.ts';
import type { PageBytes } from '../../../src/shared/panel/protocol.ts';
import { useLoaded } from '../../shared/hooks.ts';
import { ErrorBox } from '../../shared/states.tsx';
import { parseDelimited } from './delimited.ts';

interface FilePreviewProps {
  readonly path: string;
  readonly bytes: number;
  /** Reads at most `limit` bytes from the start. */
  readonly read: (limit: number) => Promise<PageBytes>;
}

const TEXT_LIMIT = 262_144;
const IMAGE_LIMIT = 33_554_432;
const ROWS = 500;

const images: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  // As an image element's source, SVG runs no script and loads nothing.
  svg: 'image/svg+xml',
};

/** A file as an image, a table or text; what is none of these says so. Nothing in it is ever run. */
export function FilePreview({ path, bytes, read }: FilePreviewProps) {
  const extension = path.split('.').at(-1)?.toLowerCase() ?? '';
  const image = images[extension];
  const limit = image ? IMAGE_LIMIT : TEXT_LIMIT;
  const tooLarge = image !== undefined && bytes > IMAGE_LIMIT;
  const loaded = useLoaded(async () => (tooLarge || bytes === 0 ? undefined : await read(limit)), path);
  if (tooLarge) return <p class="empty">{`The image has ${formatBytes(bytes)}; save it to look at it.`}</p>;
  if (bytes === 0) return <p class="empty">The file is empty.</p>;
  if (loaded.error) return <ErrorBox error={loaded.error} onRetry={loaded.reload} />;
  if (!loaded.value) return <p class="loading">Reading the file…</p>;
  if (image) return <ImagePreview bytes={loaded.value.body} type={image} name={path} />;
  if (loaded.value.body.includes(0)) return <p class="empty">A binary file; there is no preview of it.</p>;
  const text = new TextDecoder().decode(loaded.value.body);
  const cut = bytes > limit ? <p class="muted">{`The first ${formatBytes(limit)} of ${formatBytes(bytes)}.`}</p> : null;
  const table =
    extension === 'csv' ? parseDelimited(text, ',') : extension === 'tsv' ? parseDelimited(text, '\t') : undefined;
  return (
    <>
      {cut}
      {table ? (
        <TablePreview rows={table} />
      ) : (
        <pre class="text-preview">{extension === 'json' && !cut ? pretty(text) : text}</pre>
      )}
    </>
  );
}

export function ImagePreview({ bytes, type, name }: { bytes: Uint8Array; type: string; name: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  // A thumbnail of 8 × 8 pixels is looked at for its pixels.
  const onLoad = (event: Event) => {
    const image = event.currentTarget as HTMLImageElement;
    image.classList.toggle('pixels', image.naturalWidth < 200 && image.naturalHeight < 200);
  };
  return url ? <img class="image-preview" src={url} alt={name} onLoad={onLoad} /> : null;
}

export function TablePreview({ rows }: { rows: readonly (readonly string[])[] }) {
  const [head = [], ...body] = rows;
  return (
    <div class="table-preview">
      <table>
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th key={`${index}-${cell}`} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.slice(0, ROWS).map((row, index) => (
            <tr key={`${index}-${row[0]}`}>
              {row.map((cell, column) => (
                <td key={`${column}-${cell}`}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {body.length > ROWS ? <p class="muted">{`The first ${ROWS} of ${body.length} rows.`}</p> : null}
    </div>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
