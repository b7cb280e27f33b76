// Where a product's rows lie in its result, and the WGSL function that stores four neighbouring columns of one.
import { elementCount, operand } from "@tandem/core";
import type { StepShape } from "../kernel.ts";
import { coordinatesOf } from "../shader/broadcast.ts";
import { storageElement, storageVector } from "../shader/scalar.ts";
import type { StorageDeclaration } from "../shader/storage.ts";
import { epilogueOf } from "./epilogue.ts";
import { times, type Unit, unitOf } from "./loader.ts";
import { type Run, runElement } from "./run.ts";

type Pair = readonly [number, number];

/**
 * - `matrix`: `stride` elements from one row to the next; a row that is padding of its run is not stored.
 * - `lattice`: rows are the pixels of pictures [images, size, stride elements] that lie `steps` apart, from `first` on.
 */
type ResultRows =
  | { readonly kind: "matrix"; readonly stride: number; readonly run: Run }
  | {
      readonly kind: "lattice";
      readonly stride: number;
      readonly images: number;
      readonly size: Pair;
      readonly first: Pair;
      readonly steps: Pair;
      /** Rows and columns of the lattice. */
      readonly positions: Pair;
    };

export interface ResultLayout {
  readonly rows: ResultRows;
  /** Elements from one matrix to the next. Columns are neighbours. */
  readonly matrixStride: number;
}

/** Somewhere that sums go. */
export interface Destination {
  readonly storage: readonly StorageDeclaration[];
  /** Defines `store(part: u32, matrix: u32, row: u32, column: u32, sums: vec4f)`; what is outside is not stored. */
  readonly functions: string;
  readonly usesF16: boolean;
}

/** The step's output. */
export function resultDestination(step: StepShape, layout: ResultLayout, columns: number): Destination {
  const { dtype, shape } = operand(step.outputs, 0).type;
  const epilogue = epilogueOf(step);
  const unit = unitOf(columns, layout.rows.stride, layout.matrixStride);
  const vector = storageVector(dtype);
  const element = unit === 4 ? vector : storageElement(dtype);
  const { position, exists } = rowPosition(layout.rows);
  const { statements, coordinates } = epilogue.needsCoordinates
    ? coordinatesOf(shape, "position")
    : { statements: "", coordinates: [] };
  const finished = (lane: number): string => {
    const shift = (name: string): string => (lane === 0 ? name : `${name} + ${lane}u`);
    const own = coordinates.map((name, axis) => (axis === coordinates.length - 1 ? shift(name) : name));
    return `finish(${[`sums[${lane}]`, shift("position"), ...own].join(", ")})`;
  };
  return {
    storage: [
      ...epilogue.storage,
      {
        name: "result",
        storage: { kind: "output", index: 0 },
        element,
        access: "write",
        count: elementCount(shape) / unit,
      },
    ],
    usesF16: epilogue.usesF16,
    functions: `${epilogue.functions}

fn store(part: u32, matrix: u32, row: u32, column: u32, sums: vec4f) {
  if (!${exists} || column >= ${columns}u) { return; }
  let position = ${position} + ${times("matrix", layout.matrixStride)} + column;
${statements}
${storeStatements(unit, vector, columns, finished)}
}`,
  };
}

function storeStatements(unit: Unit, vector: string, columns: number, finished: (lane: number) => string): string {
  const lanes = [0, 1, 2, 3];
  if (unit === 4) return `  write_result(position / 4u, ${vector}(${lanes.map(finished).join(", ")}));`;
  return lanes
    .map((lane) => {
      const store = `write_result(position + ${lane}u, ${finished(lane)});`;
      return lane === 0 ? `  ${store}` : `  if (column + ${lane}u < ${columns}u) { ${store} }`;
    })
    .join("\n");
}

function rowPosition(rows: ResultRows): { readonly position: string; readonly exists: string } {
  switch (rows.kind) {
    case "matrix": {
      const { element, exists } = runElement(rows.run, "row");
      return { position: times(element, rows.stride), exists: `(${exists})` };
    }
    case "lattice": {
      const { images, size, first, steps, stride } = rows;
      const [down, across] = [Math.max(1, rows.positions[0]), Math.max(1, rows.positions[1])];
      const y = `(row / ${across}u % ${down}u * ${steps[0]}u + ${first[0]}u)`;
      const x = `(row % ${across}u * ${steps[1]}u + ${first[1]}u)`;
      const image = `row / ${down * across}u`;
      return {
        position: `((${image} * ${size[0]}u + ${y}) * ${size[1]}u + ${x}) * ${stride}u`,
        exists: `(row < ${images * rows.positions[0] * rows.positions[1]}u)`,
      };
    }
  }
}
