import type { PageBoot } from '../../shared/panel/protocol.ts';

export interface PageFiles {
  readonly script: string;
  readonly style: string;
  readonly codicons: string;
  /** The webview's own source, for the policy. */
  readonly cspSource: string;
}

/**
 * The document of a page. Nothing may load but its own bundle, styles and fonts; pictures come as data or blob URLs
 * because outputs of a run travel through the protocol.
 */
export function pageHtml(title: string, boot: PageBoot, files: PageFiles, nonce: string): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    // Chart.js and the toolkit set styles on elements; no style from elsewhere gets in.
    `style-src ${files.cspSource} 'unsafe-inline'`,
    `font-src ${files.cspSource}`,
    `img-src ${files.cspSource} data: blob:`,
    `connect-src 'none'`,
    `form-action 'none'`,
    `base-uri 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${files.codicons}" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="${files.style}">
</head>
<body>
<div id="page"></div>
<script id="boot" type="application/json" nonce="${nonce}">${embedJson(boot)}</script>
<script nonce="${nonce}" src="${files.script}"></script>
</body>
</html>`;
}

/** JSON that cannot end the script element or begin a comment in it. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
