// Tiles that software adapters compile fast, and that go through the same text as those for GPUs.
import type { KernelDefinition } from "../kernel.ts";
import { partsOf } from "./product.ts";
import { type ProductsOf, productKernel } from "./product-kernel.ts";
import type { TileShape } from "./tiled-product.ts";

export interface SmallTile extends TileShape {
  readonly parts: number;
}

const tile = (rows: number, columns: number, depth: number, registers: readonly [number, number]): SmallTile => ({
  rows,
  columns,
  depth,
  registers: { rows: registers[0], columns: registers[1] },
  memory: "operand",
  parts: 1,
});

/** Of both register tiles along each axis, every depth, and numbers of groups that do not divide among the invocations. */
export const smallTiles: readonly SmallTile[] = [
  tile(16, 16, 4, [4, 4]),
  tile(32, 16, 8, [8, 4]),
  tile(16, 48, 8, [4, 8]),
  { ...tile(24, 16, 16, [8, 4]), parts: 2 },
  tile(16, 16, 32, [4, 4]),
];

/** The kernel that computes its products in one way. */
export function tiledKernel(productsOf: ProductsOf, { parts, ...tile }: SmallTile): KernelDefinition {
  return productKernel(productsOf, ({ depth }) => [
    { name: "tiles", method: { kind: "tiles", tile }, parts: partsOf(depth, parts, tile.depth) },
  ]);
}
