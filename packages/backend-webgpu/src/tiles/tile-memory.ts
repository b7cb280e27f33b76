// Where a tile of an operand lies in workgroup memory: groups of four neighbours, along the axis along which they were fetched, so that
// nothing is transposed.
import type { Along, Side } from "./loader.ts";

export interface TileMemory {
  readonly side: Side;
  readonly along: Along;
  /** Extents of the tile, multiples of four; where groups lie along the depth, that is a power of two. */
  readonly span: number;
  readonly depth: number;
  /** Spans that one invocation computes with, a multiple of four. */
  readonly registers: number;
}

export function groupsOf({ span, depth }: TileMemory): number {
  return (span * depth) / 4;
}

/** Four neighbouring spans belong to one invocation, the next four to the next one: so many until the first comes again. */
function fragmentSpan({ span, registers }: TileMemory): number {
  return (span * 4) / registers;
}

/** Where fetched groups are put, given u32 expressions of the group's first span and depth. */
export function groupPlace(memory: TileMemory, span: string, depth: string): string {
  const perDepth = memory.span / 4;
  if (memory.along === "span") return `${depth} * ${perDepth}u + ${span} / 4u`;
  const fragment = fragmentSpan(memory);
  const invocation = `(${span} % ${fragment}u / 4u)`;
  const row = `(${span} % 4u * ${perDepth}u + ${span} / ${fragment}u * ${fragment / 4}u + ${invocation})`;
  return `${row} * ${memory.depth / 4}u + ${swizzled(memory, `${depth} / 4u`, invocation)}`;
}

/**
 * Invocations that read at the same time read rows that lie next to each other. Each eight of them start in other banks, because the
 * groups of a row are permuted.
 */
function swizzled({ depth }: TileMemory, group: string, invocation: string): string {
  const groups = depth / 4;
  return groups === 1 ? "0u" : `((${group}) ^ (${invocation} * ${groups}u / 8u % ${groups}u))`;
}

/** Statements before the loop: where invocation number `invocation` along the span finds its groups. */
export function readerPlaces(memory: TileMemory, invocation: string): string {
  const { side, along, depth } = memory;
  if (along === "span") return `  let place_${side} = ${invocation};`;
  return Array.from({ length: depth / 4 }, (_, group) => {
    const swizzle = swizzled(memory, `${group}u`, invocation);
    return `  let place_${side}_${group} = ${invocation} * ${depth / 4}u + ${swizzle};`;
  }).join("\n");
}

/** The place, within the buffer, of the group of register `span` of the invocation at depth `depth` of the tile. */
export function readerPlace(memory: TileMemory, span: number, depth: number): string {
  const { side, along } = memory;
  const fragment = (Math.floor(span / 4) * fragmentSpan(memory)) / 4;
  if (along === "span") return `place_${side} + ${(depth * memory.span) / 4 + fragment}u`;
  const row = ((span % 4) * memory.span) / 4 + fragment;
  return `place_${side}_${Math.floor(depth / 4)} + ${(row * memory.depth) / 4}u`;
}

/** Where, in the tile, the invocation's register `span` is. */
export function registerSpan(memory: TileMemory, span: number, invocation: string): string {
  return `${Math.floor(span / 4) * fragmentSpan(memory) + (span % 4)}u + ${invocation} * 4u`;
}
