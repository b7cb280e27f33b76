// The ways to compute a product, and which of them suits a shape where nothing was measured.
import type { Capabilities } from "../capabilities.ts";
import type { RegisterTile } from "./fragments.ts";
import { gpuTiles, SMALL_REGISTERS, WIDE_REGISTERS } from "./gpu-tiles.ts";
import { partialSumBytes } from "./partial-sums.ts";
import { type Parts, type Product, partsOf } from "./product.ts";
import { columnsOf, type MatrixTile, matrixTile, rowsOf } from "./subgroup-matrix-product.ts";
import { type SubgroupTile, subgroupTile } from "./subgroup-product.ts";
import { invocationsOf, type TileShape, tileFits } from "./tiled-product.ts";

type Method =
  | { readonly kind: "tiles"; readonly tile: TileShape }
  | { readonly kind: "registers"; readonly registers: RegisterTile }
  | { readonly kind: "subgroups"; readonly tile: SubgroupTile }
  | { readonly kind: "matrices"; readonly tile: MatrixTile };

export interface Strategy {
  /** As `KernelDefinition.variants` names it. */
  readonly name: string;
  readonly method: Method;
  readonly parts: Parts;
}

/** What a choice depends on. */
export type ProductSize = Pick<Product, "matrices" | "rows" | "columns" | "depth" | "element">;

interface Candidate {
  readonly name: string;
  readonly method: Method;
  readonly rows: number;
  readonly columns: number;
  /** Parts of the depth are multiples of this. */
  readonly depth: number;
  readonly invocations: number;
  /** As of a `GpuTile`. */
  readonly speed: number;
}

function tileCandidates(product: ProductSize, capabilities: Capabilities): readonly Candidate[] {
  const memories = product.element === "f16" ? (["operand", "f32"] as const) : (["operand"] as const);
  return memories.flatMap((memory) =>
    gpuTiles.flatMap(({ shape, speed }): Candidate[] => {
      const tile: TileShape = { ...shape, memory };
      if (!tileFits(tile, product, capabilities)) return [];
      const { rows, columns, depth } = tile;
      const name = `${rows}x${columns}x${depth}${memory === "f32" ? "/widened" : ""}`;
      const method = { kind: "tiles", tile } as const;
      // Narrow tiles are widened at each use, which takes an instruction for every four multiplications.
      const own = product.element === "f16" && memory === "operand" ? speed * 0.8 : speed;
      return [{ name, method, rows, columns, depth, invocations: invocationsOf(tile), speed: own }];
    }),
  );
}

function registerCandidates({ isSoftware }: Capabilities): readonly Candidate[] {
  const shapes: readonly RegisterTile[] = isSoftware
    ? [WIDE_REGISTERS, { rows: 4, columns: 8 }, SMALL_REGISTERS]
    : [SMALL_REGISTERS];
  return shapes.map((registers) => ({
    name: `registers${registers.rows}x${registers.columns}`,
    method: { kind: "registers", registers },
    ...registers,
    depth: 4,
    invocations: 64,
    speed: (registers.rows * registers.columns) / 128,
  }));
}

function subgroupCandidates(capabilities: Capabilities): readonly Candidate[] {
  const tile = subgroupTile(capabilities);
  if (tile === undefined) return [];
  const { rows, columns, depth, size } = tile;
  const method = { kind: "subgroups", tile } as const;
  return [
    { name: `${rows}x${columns}x${depth}/subgroups`, method, rows, columns, depth, invocations: size, speed: 0.5 },
  ];
}

function matrixCandidates({ element }: ProductSize, capabilities: Capabilities): readonly Candidate[] {
  if (element !== "f16") return [];
  return (
    [
      [4, 4],
      [2, 2],
    ] as const
  ).flatMap((units): Candidate[] => {
    const tile = matrixTile(capabilities, units);
    if (tile === undefined) return [];
    const [rows, columns] = [rowsOf(tile), columnsOf(tile)];
    const name = `${rows}x${columns}x${tile.depth}/matrices`;
    const speed = units[0] === 4 ? 4 : 3;
    return [{ name, method: { kind: "matrices", tile }, rows, columns, depth: tile.depth, invocations: 256, speed }];
  });
}

/** Processors of a large GPU, which has work where there are more blocks than that. Software adapters have a few threads. */
const PROCESSORS = { hardware: 128, software: 8 } as const;
/** Invocations that keep one processor busy. */
const BUSY = 256;
/** Multiplications in the time that it takes to start a dispatch, on one processor. */
const DISPATCH = 1_000_000;
/** On software adapters, a share of the time that it takes to compile a shader, in multiplications for each sum of an invocation. */
const COMPILATION = 65536;
/** Multiplications in the time that it takes to move a byte, of all processors. */
const PER_BYTE = 10;
const SPLITS = [1, 2, 4, 8, 16, 32, 64, 128] as const;
/** A part has at least so many times the depth of a tile. */
const SHORTEST_PART = 8;
const MOST_PARTIAL_BYTES = 2 ** 28;

function estimate(product: ProductSize, candidate: Candidate, parts: Parts, isSoftware: boolean): number {
  const processors = isSoftware ? PROCESSORS.software : PROCESSORS.hardware;
  const { rows, columns, matrices } = product;
  const blocks = Math.ceil(rows / candidate.rows) * Math.ceil(columns / candidate.columns) * matrices * parts.count;
  const groups = candidate.method.kind === "registers" ? Math.ceil(blocks / candidate.invocations) : blocks;
  const perGroup = candidate.rows * candidate.columns * parts.depth * (blocks / groups);
  const rounds = Math.ceil(groups / processors);
  const busy = Math.min(1, (rounds * candidate.invocations) / (isSoftware ? 1 : BUSY));
  const compiling = isSoftware ? COMPILATION * sumsOfInvocation(candidate) : 0;
  const multiplying = (rounds * perGroup) / candidate.speed / busy + compiling;
  if (parts.count === 1) return multiplying;
  const moved = (partialSumBytes(product, parts.count) * 2 * PER_BYTE) / processors;
  return multiplying + moved + DISPATCH / (isSoftware ? 10 : 1);
}

function sumsOfInvocation({ method, rows, columns, invocations }: Candidate): number {
  return method.kind === "registers" ? rows * columns : (rows * columns) / invocations;
}

/** Ways that are worth a measurement, besides those on subgroups. */
const MOST_VARIANTS = 6;

/**
 * The ways that an adapter can compute a product, the most promising first. `accepts` says whether partial sums can be bound along with
 * the operands.
 */
export function strategies(
  product: ProductSize,
  capabilities: Capabilities,
  accepts: (partialBytes: number) => boolean,
): readonly Strategy[] {
  const { isSoftware, limits } = capabilities;
  const expand = (candidates: readonly Candidate[]): readonly (Strategy & { readonly cost: number })[] =>
    candidates.flatMap((candidate) => {
      const splits = SPLITS.map((wanted) => partsOf(product.depth, wanted, candidate.depth)).filter(
        ({ count, depth }, index, all) =>
          all.findIndex((other) => other.count === count) === index &&
          (count === 1 || depth >= candidate.depth * SHORTEST_PART) &&
          partialSumBytes(product, count) <= Math.min(MOST_PARTIAL_BYTES, limits.bufferBytes) &&
          accepts(partialSumBytes(product, count)),
      );
      return splits.map((parts) => ({
        name: parts.count === 1 ? candidate.name : `${candidate.name}/split${parts.count}`,
        method: candidate.method,
        parts,
        cost: estimate(product, candidate, parts, isSoftware),
      }));
    });
  const best = (candidates: readonly Candidate[], most: number) =>
    [...expand(candidates)].sort((one, other) => one.cost - other.cost).slice(0, most);
  const registers = registerCandidates(capabilities);
  const tiled = tileCandidates(product, capabilities);
  const plain = isSoftware ? [...best(registers, 3), ...best(tiled, 1)] : best([...tiled, ...registers], MOST_VARIANTS);
  const matrices = best(matrixCandidates(product, capabilities), 3);
  const subgroups = best(subgroupCandidates(capabilities), 2);
  return [...matrices, ...plain, ...subgroups].map(({ name, method, parts }) => ({ name, method, parts }));
}
