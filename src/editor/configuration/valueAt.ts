import type { Node } from 'jsonc-parser';

/** The node of a top-level key's value. */
export function valueAt(root: Node, key: string): Node | undefined {
  return root.children?.find((property) => property.children?.[0]?.value === key)?.children?.[1];
}
