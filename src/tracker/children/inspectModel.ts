// Looks into model files. Its tracker gives it limits on memory and time, because files may be made to do harm.
import path from 'node:path';
import type { ModelInspection } from '../../shared/domain/model.ts';
import { serveChild } from '../childProcess/serveChild.ts';
import { LIMITED } from '../models/inspect/formats.ts';
import { checkSession } from '../models/inspect/sessionCheck.ts';
import { type Survey, surveyModel } from '../models/inspect/survey.ts';

serveChild({
  /** What a source is and which files belong to it; nothing is loaded. */
  survey: async ({ source }: { source: string }): Promise<Omit<Survey, 'onnx'>> => {
    const { onnx: _, ...survey } = surveyModel(source);
    return survey;
  },
  /** Everything that can be known of it, for ONNX by loading it once. */
  inspect: async ({ source }: { source: string }): Promise<ModelInspection> => toInspection(surveyModel(source)),
});

async function toInspection(survey: Survey): Promise<ModelInspection> {
  const { format, bytes, files, onnx } = survey;
  if (!onnx) return { format, bytes, files: files.length, limitation: `${survey.limitation ?? ''} ${LIMITED}`.trim() };
  const limitation = await checkSession(path.join(survey.base, survey.entry), onnx);
  const external = [...new Set(onnx.tensors.flatMap((tensor) => tensor.external.location ?? []))];
  return {
    format,
    bytes,
    files: files.length,
    signature: { inputs: [...onnx.inputs], outputs: [...onnx.outputs] },
    onnx: {
      irVersion: onnx.irVersion,
      ...(onnx.producer === undefined ? {} : { producer: onnx.producer }),
      opsets: [...onnx.opsets],
      externalData: external,
      nodes: onnx.nodes,
    },
    ...(limitation === undefined ? {} : { limitation }),
  };
}
