/** A file format that models come in, how it is told, and by what words people know it. */
export interface Format {
  readonly name: string;
  /** In a sentence: "This is …". */
  readonly words: string;
  readonly extensions: readonly string[];
  /** Whether the first bytes may be this format's; absent where it has no mark of its own. */
  begins?(head: Buffer): boolean;
}

const starts =
  (...marks: (string | readonly number[])[]) =>
  (head: Buffer): boolean =>
    marks.some((mark) => {
      const bytes = typeof mark === 'string' ? Buffer.from(mark, 'latin1') : Buffer.from(mark);
      return head.subarray(0, bytes.length).equals(bytes);
    });

const ZIP = [0x50, 0x4b, 0x03, 0x04] as const;
const GZIP = [0x1f, 0x8b] as const;

/** A pickle of protocol 2 or later begins with PROTO and its number; older ones are text and have no mark. */
const isPickle = (head: Buffer): boolean => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5;

const isSafetensors = (head: Buffer): boolean =>
  head.length > 8 && head[8] === 0x7b && head.readBigUInt64LE(0) > 1n && head.readBigUInt64LE(0) < 100_000_000n;

/** Everything but ONNX: can be kept, and no more. None of it is ever opened, because many of them run code if one does. */
export const keptFormats: readonly Format[] = [
  { name: 'safetensors', words: 'safetensors weights', extensions: ['.safetensors'], begins: isSafetensors },
  { name: 'gguf', words: 'a GGUF model', extensions: ['.gguf'], begins: starts('GGUF') },
  { name: 'hdf5', words: 'an HDF5 (Keras) model', extensions: ['.h5', '.hdf5'], begins: starts('\x89HDF\r\n') },
  { name: 'keras', words: 'a Keras model', extensions: ['.keras'], begins: starts(ZIP) },
  {
    name: 'pytorch',
    words: 'a PyTorch checkpoint (a pickle)',
    extensions: ['.pt', '.pth', '.ckpt', '.bin'],
    begins: (head) => starts(ZIP)(head) || isPickle(head),
  },
  {
    name: 'tflite',
    words: 'a TensorFlow Lite model',
    extensions: ['.tflite'],
    begins: (head) => starts('TFL3')(head.subarray(4)),
  },
  {
    name: 'joblib',
    words: 'a joblib file (a pickle)',
    extensions: ['.joblib'],
    begins: (head) => isPickle(head) || starts([0x78], GZIP, 'BZh', [0xfd, 0x37], [0x04, 0x22, 0x4d, 0x18])(head),
  },
  {
    name: 'pickle',
    words: 'a pickle',
    extensions: ['.pkl', '.pickle', '.p'],
    begins: (head) => isPickle(head) || starts(GZIP)(head),
  },
  {
    name: 'rds',
    words: 'an R object',
    extensions: ['.rds', '.rda', '.rdata'],
    begins: starts(GZIP, 'BZh', 'X\n', 'RDX', [0xfd, 0x37]),
  },
  { name: 'xgboost', words: 'an XGBoost model', extensions: ['.ubj', '.bst', '.xgb'] },
  { name: 'lightgbm', words: 'a LightGBM model', extensions: ['.lgb', '.txt'], begins: starts('tree\n', 'tree\r\n') },
  { name: 'catboost', words: 'a CatBoost model', extensions: ['.cbm'], begins: starts('CBM1') },
  { name: 'coreml', words: 'a Core ML model', extensions: ['.mlmodel'] },
  { name: 'pmml', words: 'a PMML model', extensions: ['.pmml'], begins: starts('<?xml', '<PMML') },
  { name: 'numpy', words: 'NumPy arrays', extensions: ['.npz', '.npy'], begins: starts(ZIP, '\x93NUMPY') },
];

export const LIMITED =
  'It is kept with its lineage, but only ONNX models can be tried and deployed yet. Export it to ONNX for that.';

/** The format of a file that is no ONNX, by its name and first bytes; undefined for what is none that is known. */
export function detectKept(extension: string, head: Buffer): Format | undefined {
  const byName = keptFormats.find((format) => format.extensions.includes(extension));
  // A name that promises a format whose mark is missing is a lie or damage, so it is not taken at its word.
  if (byName) return byName.begins === undefined || byName.begins(head) ? byName : undefined;
  return keptFormats.find(
    (format) => ['gguf', 'hdf5', 'safetensors', 'tflite', 'catboost'].includes(format.name) && format.begins?.(head),
  );
}
