/** The platforms a package can be made for, in the words of the marketplace. */
export const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64', 'win32-arm64'] as const;

export type Target = (typeof targets)[number];

/** The platform that this runs on. */
export function ownTarget(): string {
  return `${process.platform}-${process.arch}`;
}

export function isTarget(name: string): name is Target {
  return (targets as readonly string[]).includes(name);
}

/** The most that a package may weigh, in bytes. */
export function sizeLimit(target: Target): number {
  return (target === 'win32-x64' ? 35 : 30) * 1_000_000;
}

/**
 * The native files of one platform, as lines for the ignore file. All come with the npm packages, whichever platform
 * they were installed on. Left out are what onnxruntime loads only for a provider that is never used (DirectML, and
 * dxcompiler and dxil for WebGPU; both are delay-loaded), and, on macOS, the second of two equal libraries:
 * the binding asks for libonnxruntime.1.dylib.
 *
 * onnxruntime has no binary for macOS on Intel; there models can be registered but not opened.
 */
export function nativeFiles(target: Target): string[] {
  const [os = '', arch = ''] = target.split('-');
  const sqlite = `!node_modules/better-sqlite3/prebuilds/${target}.node`;
  if (target === 'darwin-x64') return [sqlite];
  const runtime = `!node_modules/onnxruntime-node/bin/napi-v6/${os}/${arch}`;
  const library = { linux: 'libonnxruntime.so.1', darwin: 'libonnxruntime.1.dylib', win32: 'onnxruntime.dll' }[os];
  return [sqlite, `${runtime}/onnxruntime_binding.node`, `${runtime}/${library}`];
}
