/**
 * The only place that knows `@vscode/webview-ui-toolkit`: its upstream is archived, so that one day this folder is
 * written anew and nothing else changes. Pages use the components exported here.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextArea,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { type ComponentChildren, createElement } from 'preact';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeTextArea(),
  vsCodeTextField(),
);

interface ButtonProps {
  children?: ComponentChildren;
  /** Codicon before the words, or alone with `label` as its name for screen readers. */
  icon?: string;
  label?: string;
  title?: string;
  appearance?: 'primary' | 'secondary' | 'icon';
  disabled?: boolean;
  pressed?: boolean;
  /** For a button that opens a menu. */
  popup?: 'open' | 'closed';
  onClick: (event: MouseEvent) => void;
}

export function Button(props: ButtonProps) {
  const { icon, label, children, appearance = 'secondary' } = props;
  return createElement(
    'vscode-button',
    {
      appearance,
      title: props.title ?? label,
      'aria-label': label,
      'aria-pressed': props.pressed === undefined ? undefined : String(props.pressed),
      'aria-haspopup': props.popup ? 'menu' : undefined,
      'aria-expanded': props.popup ? String(props.popup === 'open') : undefined,
      disabled: props.disabled ?? false,
      onClick: props.onClick,
    },
    icon ? <span class={`codicon codicon-${icon}`} slot={children ? 'start' : undefined} aria-hidden="true" /> : null,
    children,
  );
}

/**
 * Names a field for screen readers. The toolkit calls every field without words in it “Text field” once it is in the
 * document, and does not hand a text area's name to the control inside; so this comes after, and goes to both.
 */
function named(label: string) {
  return (element: HTMLElement | null) => {
    queueMicrotask(() => {
      element?.setAttribute('aria-label', label);
      element?.shadowRoot?.querySelector('.control')?.setAttribute('aria-label', label);
    });
  };
}

interface TextFieldProps {
  value: string;
  label: string;
  placeholder?: string;
  /** Shows the label above the field instead of only telling it to screen readers. */
  showLabel?: boolean;
  onInput: (value: string) => void;
  onEnter?: (event: KeyboardEvent) => void;
}

export function TextField(props: TextFieldProps) {
  return createElement(
    'vscode-text-field',
    {
      ref: named(props.label),
      value: props.value,
      placeholder: props.placeholder ?? '',
      onInput: (event: InputEvent) => props.onInput((event.target as HTMLInputElement).value),
      onKeyDown: (event: KeyboardEvent) => {
        if (event.key === 'Enter') props.onEnter?.(event);
      },
    },
    props.showLabel ? props.label : null,
  );
}

interface TextAreaProps {
  value: string;
  label: string;
  rows?: number;
  placeholder?: string;
  onInput: (value: string) => void;
}

export function TextArea(props: TextAreaProps) {
  return createElement('vscode-text-area', {
    ref: named(props.label),
    value: props.value,
    rows: props.rows ?? 4,
    resize: 'vertical',
    placeholder: props.placeholder ?? '',
    onInput: (event: InputEvent) => props.onInput((event.target as HTMLTextAreaElement).value),
  });
}

interface CheckboxProps {
  checked: boolean;
  children: ComponentChildren;
  onChange: (checked: boolean) => void;
}

export function Checkbox(props: CheckboxProps) {
  return createElement(
    'vscode-checkbox',
    {
      checked: props.checked,
      onChange: (event: Event) => {
        const checked = (event.target as HTMLInputElement).checked;
        // The toolkit also reports what the page itself has just set.
        if (checked !== props.checked) props.onChange(checked);
      },
    },
    props.children,
  );
}

interface DropdownProps<T extends string> {
  value: T;
  label: string;
  options: readonly { value: T; text: string }[];
  onChange: (value: T) => void;
}

export function Dropdown<T extends string>(props: DropdownProps<T>) {
  return createElement(
    'vscode-dropdown',
    {
      value: props.value,
      'aria-label': props.label,
      title: props.label,
      onChange: (event: Event) => props.onChange((event.target as HTMLSelectElement).value as T),
    },
    props.options.map((option) =>
      createElement(
        'vscode-option',
        { key: option.value, value: option.value, selected: option.value === props.value },
        option.text,
      ),
    ),
  );
}
