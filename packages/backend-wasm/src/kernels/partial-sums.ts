// Results that were computed in parts of their depth, and the sum of the parts.
import type { Launch, LaunchArgument } from "@tandem/wasm-codegen";

/** assembly/partial-sums.ts works through as many elements in a tile. */
const ELEMENTS_IN_TILE = 16384;

/** Bytes of the buffers that parts go to; a result in one part needs none. */
export function partialBytes(parts: number, count: number): number {
  return parts > 1 ? parts * count * Float32Array.BYTES_PER_ELEMENT : 0;
}

/** Where a kernel writes its part, or its only one. */
export function partialTarget(parts: number): LaunchArgument {
  return parts > 1 ? { kind: "scratch", byteOffset: 0 } : { kind: "output", index: 0, byteOffset: 0 };
}

/** Adds up the parts of `count` elements, in their order. */
export function sumOfParts(parts: number, count: number): readonly Launch[] {
  if (parts === 1) return [];
  return [
    {
      function: { kind: "library", name: "sumPartials" },
      arguments: [
        { kind: "scratch", byteOffset: 0 },
        { kind: "output", index: 0, byteOffset: 0 },
        { kind: "integer", value: parts },
        { kind: "integer", value: count },
      ],
      tiles: Math.ceil(count / ELEMENTS_IN_TILE),
    },
  ];
}
