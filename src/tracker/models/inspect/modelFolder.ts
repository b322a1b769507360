import fs from 'node:fs';
import path from 'node:path';
import { keptFormats } from './formats.ts';
import { invalid } from './onnxProto.ts';

export interface FolderEntry {
  readonly format: string;
  readonly entry: string;
  /** What it is, for the limitation of a folder that is no ONNX. */
  readonly words: string;
}

/**
 * Which file of a folder is its model: what an MLmodel file names (MLflow), the mark of a SavedModel, the only ONNX
 * file or the one called `model.onnx`, else the first file of a known format.
 *
 * @throws Problem `invalid-model` when there is none
 */
export function folderEntry(base: string, files: readonly string[]): FolderEntry {
  if (files.includes('MLmodel')) return fromMlModel(base, files);
  if (files.includes('saved_model.pb')) {
    return { format: 'savedmodel', entry: 'saved_model.pb', words: 'This is a TensorFlow SavedModel.' };
  }
  const onnx = files.filter((file) => file.toLowerCase().endsWith('.onnx'));
  const chosen = onnx.length === 1 ? onnx[0] : onnx.find((file) => path.posix.basename(file) === 'model.onnx');
  if (chosen !== undefined) return { format: 'onnx', entry: chosen, words: '' };
  if (onnx.length > 1) {
    throw invalid(
      `The folder has several ONNX files: ${onnx.slice(0, 5).join(', ')}.`,
      'Register one of the files, or name one model.onnx.',
    );
  }
  for (const format of keptFormats) {
    const entry = files.find((file) => format.extensions.includes(path.posix.extname(file).toLowerCase()));
    // A folder full of texts is not LightGBM's because one of them ends in .txt.
    if (entry !== undefined && format.name !== 'lightgbm') {
      return { format: format.name, entry, words: `The folder has ${format.words}.` };
    }
  }
  throw invalid('The folder has no model that Trainyard knows.', 'Choose the model file itself.');
}

/** The few lines of an MLmodel file that matter; it is YAML, of which MLflow writes a plain subset. */
function fromMlModel(base: string, files: readonly string[]): FolderEntry {
  const lines = fs.readFileSync(path.join(base, 'MLmodel'), 'utf8').slice(0, 1_000_000).split(/\r?\n/);
  const flavors: string[] = [];
  let data: string | undefined;
  let section = '';
  for (const line of lines) {
    const top = /^(\w[\w ]*):/.exec(line);
    if (top) section = top[1] ?? '';
    if (section !== 'flavors') continue;
    const flavor = /^ {2}([\w.-]+):\s*$/.exec(line)?.[1];
    if (flavor) flavors.push(flavor);
    const value = /^ {4}data:\s*(.+?)\s*$/.exec(line)?.[1];
    if (value && flavors.at(-1) === 'onnx') data = value.replace(/^(['"])(.*)\1$/, '$2');
  }
  if (flavors.includes('onnx')) {
    const entry = path.posix.normalize(data ?? 'model.onnx');
    if (files.includes(entry)) return { format: 'onnx', entry, words: '' };
    throw invalid(
      `MLmodel names ${JSON.stringify(entry)}, which is not in the folder.`,
      'Copy the whole model folder.',
    );
  }
  const known = flavors.filter((flavor) => flavor !== 'python_function');
  const words = `This is an MLflow model of flavor ${known.join(', ') || 'python_function'}.`;
  return { format: `mlflow-${known[0] ?? 'pyfunc'}`, entry: 'MLmodel', words };
}
