// The tiles that GPUs are offered.
import type { RegisterTile } from "./fragments.ts";
import type { TileShape } from "./tiled-product.ts";

export interface GpuTile {
  readonly shape: Omit<TileShape, "memory">;
  /** Multiplications a time unit of a busy processor, relative to the largest tile: estimates, which only put tiles in order. */
  readonly speed: number;
}

const tile = (rows: number, columns: number, depth: number, registers: RegisterTile): Omit<TileShape, "memory"> => ({
  rows,
  columns,
  depth,
  registers,
});
const LARGE_REGISTERS: RegisterTile = { rows: 8, columns: 8 };
export const WIDE_REGISTERS: RegisterTile = { rows: 8, columns: 4 };
export const SMALL_REGISTERS: RegisterTile = { rows: 4, columns: 4 };

export const gpuTiles: readonly GpuTile[] = [
  { shape: tile(128, 128, 8, LARGE_REGISTERS), speed: 1 },
  { shape: tile(128, 128, 16, LARGE_REGISTERS), speed: 0.98 },
  { shape: tile(128, 96, 8, LARGE_REGISTERS), speed: 0.95 },
  { shape: tile(128, 64, 8, LARGE_REGISTERS), speed: 0.9 },
  { shape: tile(64, 128, 8, LARGE_REGISTERS), speed: 0.9 },
  { shape: tile(64, 64, 16, WIDE_REGISTERS), speed: 0.75 },
  { shape: tile(128, 32, 16, WIDE_REGISTERS), speed: 0.65 },
  { shape: tile(32, 64, 16, SMALL_REGISTERS), speed: 0.55 },
  { shape: tile(32, 32, 16, SMALL_REGISTERS), speed: 0.5 },
  { shape: tile(16, 128, 16, SMALL_REGISTERS), speed: 0.5 },
];
