/** Colours of the editor's theme that a canvas needs; a canvas knows no CSS variables. */
export interface ChartTheme {
  readonly foreground: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly focus: string;
  readonly font: string;
  readonly highContrast: boolean;
}

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const color = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  const foreground = color('--vscode-foreground', '#cccccc');
  return {
    foreground,
    muted: color('--vscode-descriptionForeground', foreground),
    grid: color('--vscode-editorWidget-border', color('--vscode-panel-border', '#80808040')),
    background: color('--vscode-editor-background', '#1e1e1e'),
    focus: color('--vscode-focusBorder', foreground),
    font: color('--vscode-font-family', 'sans-serif'),
    highContrast: /vscode-high-contrast/.test(document.body.className),
  };
}

/** Calls back when the person switches the theme: the editor then changes the body's classes. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  return () => observer.disconnect();
}
