import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import { detectKept, keptFormats } from './formats.ts';
import { folderEntry } from './modelFolder.ts';
import { invalid, type OnnxFile, readOnnx } from './onnxProto.ts';
import { checkStoredTensors } from './storedTensors.ts';

/** What a source consists of, found without running any of it. */
export interface Survey {
  readonly format: string;
  /** Folder that `files` are relative to. */
  readonly base: string;
  /** The file that is the model, `/` between parts; for folder formats the file that marks them. */
  readonly entry: string;
  /** All files that belong to it, the entry first. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly onnx?: OnnxFile;
  /** Why it can only be kept. */
  readonly limitation?: string;
}

const MAX_FILES = 10_000;
const HEAD_BYTES = 64;

/**
 * Looks at a file or a folder, and decides what it is and what belongs to it.
 *
 * @throws Problem `not-found`, or `invalid-model` for what is no model, is damaged, or reaches outside its folder
 */
export function surveyModel(source: string): Survey {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(source);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Problem('not-found', `There is no file ${source}.`);
    throw new Problem('invalid', `${source} cannot be read: ${code}.`, { hint: 'Check its permissions.' });
  }
  if (stat.isDirectory()) return surveyFolder(source);
  if (!stat.isFile()) throw invalid(`${source} is neither a file nor a folder.`, 'Name the model file.');
  return surveyFile(path.dirname(source), path.basename(source), stat.size);
}

function surveyFile(base: string, entry: string, bytes: number): Survey {
  const file = path.join(base, entry);
  const extension = path.extname(entry).toLowerCase();
  if (bytes === 0) throw invalid(`${entry} is empty.`, 'Write the model again and register it then.');
  if (extension === '.onnx') return surveyOnnx(base, entry);
  const kept = detectKept(extension, readHead(file));
  if (kept) return { format: kept.name, base, entry, files: [entry], bytes, limitation: `This is ${kept.words}.` };
  const promised = keptFormats.find((format) => format.extensions.includes(extension));
  if (promised) {
    throw invalid(`${entry} is not what its name says: it does not begin as ${promised.words} does.`, WRITE_AGAIN);
  }
  // Without a telling name it may still be ONNX, such as a file called `model`.
  try {
    return surveyOnnx(base, entry);
  } catch (error) {
    if (extension === '' && error instanceof Problem && error.message.includes('cut short')) throw error;
    throw invalid(`${entry} is not a model that Trainyard knows.`, `It knows ONNX, and keeps ${knownNames()}.`);
  }
}

const WRITE_AGAIN = 'It is damaged or something else; write the model again.';

function surveyOnnx(base: string, entry: string): Survey {
  const file = path.join(base, entry);
  const bytes = fs.readFileSync(file);
  const onnx = readOnnx(bytes);
  const external = checkStoredTensors(onnx, path.dirname(file), bytes.length);
  const folder = path.posix.dirname(entry.split(path.sep).join('/'));
  const beside = external.map((location) => path.posix.join(folder, location.replaceAll('\\', '/')));
  const files = [entry, ...beside.filter((name) => name !== entry)];
  const total = files.reduce((sum, name) => sum + fs.statSync(path.join(base, name)).size, 0);
  return { format: 'onnx', base, entry, files, bytes: total, onnx };
}

function surveyFolder(base: string): Survey {
  const files = listFiles(base);
  const found = folderEntry(base, files);
  const bytes = files.reduce((sum, name) => sum + fs.statSync(path.join(base, name)).size, 0);
  if (found.format !== 'onnx') {
    const rest = files.filter((name) => name !== found.entry);
    return {
      format: found.format,
      base,
      entry: found.entry,
      files: [found.entry, ...rest],
      bytes,
      limitation: found.words,
    };
  }
  const { onnx } = surveyOnnx(base, found.entry);
  const rest = files.filter((name) => name !== found.entry);
  return { format: 'onnx', base, entry: found.entry, files: [found.entry, ...rest], bytes, ...(onnx ? { onnx } : {}) };
}

/** Regular files below a folder, `/` between parts, sorted. Links are followed only where they stay inside. */
function listFiles(base: string): string[] {
  const root = fs.realpathSync(base);
  const files: string[] = [];
  const visit = (folder: string): void => {
    for (const item of fs.readdirSync(path.join(base, folder), { withFileTypes: true })) {
      const name = folder === '' ? item.name : `${folder}/${item.name}`;
      if (item.isDirectory()) visit(name);
      else if (item.isFile() || (item.isSymbolicLink() && isFileInside(root, path.join(base, name)))) files.push(name);
      else throw invalid(`${JSON.stringify(name)} in the folder is a link that leads outside it, or no file.`, COPY_IT);
      if (files.length > MAX_FILES) {
        throw invalid(`The folder has more than ${MAX_FILES} files.`, 'Choose the folder or file of the model itself.');
      }
    }
  };
  visit('');
  return files.sort();
}

const COPY_IT = 'Put the file itself into the folder and register it then.';

function isFileInside(root: string, link: string): boolean {
  try {
    const real = fs.realpathSync(link);
    return real.startsWith(root + path.sep) && fs.statSync(real).isFile();
  } catch {
    return false;
  }
}

export function readHead(file: string): Buffer {
  const descriptor = fs.openSync(file, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, fs.readSync(descriptor, head, 0, HEAD_BYTES, 0));
  } finally {
    fs.closeSync(descriptor);
  }
}

function knownNames(): string {
  return keptFormats.flatMap((format) => format.extensions[0] ?? []).join(', ');
}
