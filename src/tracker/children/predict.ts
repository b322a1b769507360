// Runs one model for the person who tries it. It holds the model in memory until its tracker ends it.
import { InputError } from '../../scoring/inputError.ts';
import { loadOnnxModel, type OnnxModel } from '../../scoring/onnxModel.ts';
import { runtimeReason } from '../../scoring/runtimeReason.ts';
import { Problem } from '../../shared/api/error.ts';
import { serveChild } from '../childProcess/serveChild.ts';

let loaded: Promise<OnnxModel> | undefined;

serveChild({
  /** The model's file; milliseconds that loading took. */
  load: async ({ file }: { file: string }): Promise<number> => {
    const began = performance.now();
    loaded = loadOnnxModel(file);
    try {
      await loaded;
    } catch (error) {
      throw new Problem('invalid-model', `The model cannot be loaded: ${runtimeReason(error)}`);
    }
    return performance.now() - began;
  },
  predict: async ({ input }: { input: unknown }): Promise<{ predictions: unknown; milliseconds: number }> => {
    const model = await loaded;
    if (!model) throw new Error('No model is loaded.');
    const began = performance.now();
    try {
      const predictions = await model.predict(input);
      return { predictions, milliseconds: performance.now() - began };
    } catch (error) {
      if (error instanceof InputError) throw new Problem('invalid', error.message);
      throw error;
    }
  },
});
