// Nested objects and arrays with leaves of one kind: how parameters, batches and results are grouped.
import { UsageError } from "./errors.ts";

export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };

/** The same nesting with every `From` replaced by a `To`. */
export type MapTree<T, From, To> = T extends From
  ? To
  : T extends object
    ? { [K in keyof T]: MapTree<T[K], From, To> }
    : never;

export interface NamedLeaf<L> {
  /** Keys joined by dots, such as `parameters.conv2.weight`. */
  readonly name: string;
  readonly leaf: L;
}

/** The leaves in a fixed order: keys as written, depth first. */
export function leaves<L>(tree: unknown, isLeaf: (candidate: unknown) => candidate is L, name = ""): NamedLeaf<L>[] {
  if (isLeaf(tree)) return [{ name, leaf: tree }];
  if (typeof tree !== "object" || tree === null) {
    throw new UsageError(
      `${name === "" ? "the value" : name} is ${typeof tree === "object" ? "null" : typeof tree}, which has no place among tensors`,
    );
  }
  return Object.entries(tree).flatMap(([key, child]) => leaves<L>(child, isLeaf, joinName(name, key)));
}

/** Rebuilds the nesting with each leaf replaced; `replace` sees the leaf's dotted name. */
export function mapTree<T, From, To>(
  tree: T,
  isLeaf: (candidate: unknown) => candidate is From,
  replace: (leaf: From, name: string) => To,
  name = "",
): MapTree<T, From, To> {
  const visit = (node: unknown, path: string): unknown => {
    if (isLeaf(node)) return replace(node, path);
    if (Array.isArray(node)) return node.map((child, index) => visit(child, joinName(path, `${index}`)));
    if (typeof node !== "object" || node === null) {
      throw new UsageError(
        `${path === "" ? "the value" : path} is ${node === null ? "null" : typeof node}, which has no place among tensors`,
      );
    }
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, visit(child, joinName(path, key))]));
  };
  return visit(tree, name) as MapTree<T, From, To>;
}

export function joinName(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
