import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from './toolkit.tsx';

export interface MenuItem {
  readonly text: string;
  /** The key that does the same without the menu. */
  readonly keys?: string;
  readonly run: () => void;
}

/** A button with a menu by the book (WAI-ARIA): arrows move, Enter chooses, Escape and a click elsewhere close it. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (open) root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>('vscode-button')?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const entries = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (event.key === 'Escape') close();
    else if (to === undefined) return;
    else entries[(to + entries.length) % entries.length]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  const onFocusOut = (event: FocusEvent) => {
    if (!root.current?.contains(event.relatedTarget as Node | null)) setOpen(false);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the menu inside, which bubble.
    <span class="menu" ref={root} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <Button
        appearance="icon"
        icon="ellipsis"
        label={label}
        popup={open ? 'open' : 'closed'}
        onClick={() => setOpen(!open)}
      />
      {open ? (
        <div class="popup" role="menu" aria-label={label}>
          {items.map(({ text, keys, run }) => (
            <button
              key={text}
              type="button"
              role="menuitem"
              tabIndex={-1}
              onClick={() => {
                close();
                run();
              }}
            >
              <span>{text}</span>
              {keys ? <kbd>{keys}</kbd> : null}
            </button>
          ))}
        </div>
      ) : null}
    </span>
  );
}
