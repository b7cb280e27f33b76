// One dispatch of one compute shader: what a kernel is made of. Plain data.
import type { Capabilities } from "../capabilities.ts";

/** Memory of a step: one of its operands, or the workspace that its program has for all kernels. */
export type Storage =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "output"; readonly index: number }
  | { readonly kind: "scratch" };

/** A window into memory, bound to a shader. */
export interface Binding {
  readonly storage: Storage;
  /** First byte of the window, a multiple of the adapter's offset alignment. */
  readonly offset: number;
  /** A multiple of 4. */
  readonly bytes: number;
  readonly access: "read" | "read_write";
}

export interface Dispatch {
  /**
   * A module whose entry point is `main`. Binding n of group 0 is `bindings[n]`; with `uniforms`, binding 0 of group 1 is a
   * uniform struct of that many u32.
   */
  readonly wgsl: string;
  readonly bindings: readonly Binding[];
  /** Numbers that are not part of the text, so that shapes share a pipeline. u32 words, at most 64. */
  readonly uniforms?: readonly number[];
  readonly workgroups: readonly [number, number, number];
}

/** A dispatch of one invocation an element. */
export interface LinearDispatch {
  readonly workgroups: readonly [number, number, number];
  /**
   * The signature of `main` and its first lines: they define `position`, the u32 number of the invocation's element, and return
   * where there is none.
   */
  readonly opening: string;
}

/** Spreads `count` elements over workgroups of `size` invocations, on two axes where one has too few. */
export function linearDispatch(count: number, { limits }: Capabilities, size = 64): LinearDispatch {
  const groups = Math.max(1, Math.ceil(count / size));
  const columns = Math.min(groups, limits.workgroupsPerAxis);
  const rows = Math.ceil(groups / columns);
  return {
    workgroups: [columns, rows, 1],
    opening: `@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let position = (workgroup.y * ${columns}u + workgroup.x) * ${size}u + lane;
  if (position >= ${count}u) { return; }`,
  };
}
