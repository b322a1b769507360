import { isElementType } from '../../../scoring/elements.ts';
import { loadOnnxModel } from '../../../scoring/onnxModel.ts';
import { runtimeReason } from '../../../scoring/runtimeReason.ts';
import { Problem } from '../../../shared/api/error.ts';
import { invalid, type OnnxFile } from './onnxProto.ts';

/**
 * Opens the model with onnxruntime once, which checks what its structure alone cannot tell.
 *
 * @returns why a valid model cannot be tried or deployed here, or undefined when it can
 * @throws Problem `invalid-model`, or `unsupported-opset` when it is newer than the runtime
 */
export async function checkSession(file: string, onnx: OnnxFile): Promise<string | undefined> {
  const limit = withoutSession(onnx);
  if (limit !== undefined) return limit;
  try {
    const model = await loadOnnxModel(file, { threads: 1 });
    await model.dispose();
    return undefined;
  } catch (error) {
    return judge(error, onnx);
  }
}

/** What is known before: types that onnxruntime's Node binding has no values for. */
function withoutSession({ inputs, outputs, nonTensors }: OnnxFile): string | undefined {
  const sequence = inputs.find((input) => nonTensors.includes(input.name));
  if (sequence)
    return `Its input ${sequence.name} is a ${sequence.type}, and only tensors can be sent to a model here.`;
  const strange = inputs.find((input) => !isElementType(input.type));
  if (strange) return `Its input ${strange.name} is of type ${strange.type}, which cannot be sent to a model here.`;
  const tensors = outputs.filter((output) => !nonTensors.includes(output.name));
  if (outputs.length > 0 && tensors.length === 0) {
    return (
      `Its outputs are no tensors (${outputs.map((output) => `${output.name}: ${output.type}`).join(', ')}), which ` +
      'cannot be read here. Convert it with `zipmap=False` (skl2onnx) to get tensors.'
    );
  }
  return undefined;
}

function judge(error: unknown, onnx: OnnxFile): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/Cannot find module.*onnxruntime_binding|onnxruntime_binding.*(not found|no such file)/i.test(text)) {
    return `onnxruntime has no program for this system (${process.platform}-${process.arch}), so it cannot be tried or served here.`;
  }
  const ours = onnx.opsets.find((set) => set.domain === 'ai.onnx')?.version ?? 0;
  const newest = /Current official support for domain (\S+) is till opset (\d+)/.exec(text);
  if (newest) {
    const [, domain = 'ai.onnx', version = '?'] = newest;
    const has = onnx.opsets.find((set) => set.domain === domain)?.version ?? ours;
    throw new Problem(
      'unsupported-opset',
      `The model is of opset ${has} (${domain}); opset ${version} is the newest that is supported.`,
      {
        hint: `Export it with opset ${version} or older, such as opset_version=${version} in torch.onnx.export.`,
      },
    );
  }
  const ir = /Unsupported model IR version: (\d+), max supported IR version: (\d+)/.exec(text);
  if (ir) {
    throw new Problem(
      'unsupported-opset',
      `The model is of ONNX IR version ${ir[1]}; ${ir[2]} is the newest that is supported.`,
      {
        hint: `Export it with an older version of the onnx package, or set model.ir_version to ${ir[2]} where nothing newer is used.`,
      },
    );
  }
  const reason = runtimeReason(error);
  const foreign = onnx.opsets.filter(({ domain }) => !KNOWN_DOMAINS.test(domain)).map(({ domain }) => domain);
  if (
    foreign.length > 0 &&
    /not a registered function\/op|No Op registered|No opset import|unrecognized domain/i.test(text)
  ) {
    return `It uses operators of ${foreign.join(', ')}, which onnxruntime does not have by itself.`;
  }
  if (/Unsupported data type/.test(text))
    return 'One of its outputs is of a type that onnxruntime cannot hand to Node.';
  throw invalid(
    `onnxruntime cannot load the model: ${reason}`,
    'Check the export, for example with onnx.checker.check_model.',
  );
}

const KNOWN_DOMAINS = /^(ai\.onnx(\.ml|\.training|\.preview\.training)?|com\.microsoft.*)$/;
