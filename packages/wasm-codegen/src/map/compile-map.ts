// Compiles a map to WebAssembly: loops over the shape, four elements at a time, and one at a time for what is left of each row.
import { broadcastStrides, operand, outputTypes, type ScalarProgram, type Shape } from "@tandem/core";
import { type Code, type Count, counted, countedLoop, get, type Local, type Range, set } from "../encoding/code.ts";
import { i32 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction } from "../generated.ts";
import type { LaunchTarget } from "../kernel.ts";
import { type LoopAxis, loopNest } from "../loops/loop-nest.ts";
import { chunksOf, LINE, tileCount, tileOf, wholeSteps } from "../loops/tiles.ts";
import { all, BYTES, walkRange } from "../loops/walk.ts";
import { withFunctionsExpanded } from "./expand-functions.ts";
import { fourLanes } from "./four-lanes.ts";
import type { Lanes, LaneType } from "./lanes.ts";
import { oneLane } from "./one-lane.ts";
import { laneType, scalarCode } from "./scalar-code.ts";

/** Elements of a tile. */
const TILE = 16384;

/**
 * A function of the addresses of the inputs, then of the outputs. The inputs broadcast to `shape`; an output may be in the same
 * memory as an input of that shape.
 */
export function compileMap(
  body: ScalarProgram,
  shape: Shape,
  inputShapes: readonly Shape[],
  target: LaunchTarget,
): GeneratedFunction {
  const program = withFunctionsExpanded(body);
  const coordinates = new Set(program.instructions.flatMap((it) => (it.op === "coordinate" ? it.axis : [])));
  const strides = [...inputShapes, ...program.outputs.map(() => shape)].map((own) => broadcastStrides(own, shape));
  const found = loopNest(shape, strides, coordinates);
  const nest = found.length === 0 ? [{ extent: 1, strides: strides.map(() => 0) }] : found;
  const extents = nest.map(({ extent }) => extent);
  const chunks = chunksOf(extents, TILE, LINE);
  const locals = new Locals(strides.length);
  const tile = tileOf(locals, nest, chunks, locals.addresses);
  const axes = nest.map((axis, index): TileAxis => {
    return { ...axis, start: operand(tile.starts, index), count: operand(tile.counts, index) };
  });
  const statements = [...tile.statements, ...new MapWriter(program, locals).loops(axes, tile.pointers, new Map())];
  const key = `map ${JSON.stringify([body.inputs, body.instructions.map(instructionKey), body.outputs, shape, inputShapes])}`;
  return generatedFunction(key, target, { locals, statements, tiles: tileCount(extents, chunks) });
}

/** JSON writes infinities and NaN as null, and -0 as 0. */
function instructionKey(instruction: ScalarProgram["instructions"][number]): unknown {
  if (instruction.op !== "constant") return instruction;
  return [instruction.dtype, Object.is(instruction.value, -0) ? "-0" : `${instruction.value}`];
}

/** An axis, and the part of it that a tile takes. */
interface TileAxis extends LoopAxis {
  readonly start: Count;
  readonly count: Count;
}

/** What one round of a loop computes. */
interface Step {
  readonly lanes: Lanes;
  readonly vectors: number;
}

const vectorStep: Step = { lanes: fourLanes, vectors: 1 };
const elementStep: Step = { lanes: oneLane, vectors: 1 };

/** Integer operations from which on a program is a long chain of them, as random bits are. */
const LONG_CHAIN = 32;

/** Several vectors at once: a machine computes the one while it waits for the other. */
function wideStep({ instructions }: ScalarProgram): Step {
  const isArithmetic = ({ op, dtype }: ScalarProgram["instructions"][number]): boolean =>
    op !== "constant" && (dtype === "u32" || dtype === "i32");
  return { lanes: fourLanes, vectors: instructions.filter(isArithmetic).length >= LONG_CHAIN ? 4 : 2 };
}

class MapWriter {
  readonly #program: ScalarProgram;
  readonly #locals: Locals;

  constructor(program: ScalarProgram, locals: Locals) {
    this.#program = program;
    this.#locals = locals;
  }

  /** `pointers` address the tile's first element of each array; `positions` are those along outer axes. */
  loops(nest: readonly TileAxis[], pointers: readonly Local[], positions: ReadonlyMap<number, Code>): readonly Code[] {
    const [outer, ...inner] = nest;
    if (outer === undefined) return [];
    if (inner.length === 0) return this.#row(outer, pointers, positions);
    return walkRange(this.#locals, outer, all(outer.count), pointers, (here, counter) => {
      if (outer.axis === undefined) return this.loops(inner, here, positions);
      const position = outer.start === 0 ? counter : i32.add(counted(outer.start), counter);
      return this.loops(inner, here, new Map([...positions, [outer.axis, position]]));
    });
  }

  /** The innermost axis, along which every array moves by one element or stays. */
  #row(axis: TileAxis, pointers: readonly Local[], positions: ReadonlyMap<number, Code>): readonly Code[] {
    let start: Count = 0;
    let left = axis.extent;
    const statements: Code[] = [];
    for (const step of [wideStep(this.#program), vectorStep, elementStep]) {
      const width = step.vectors * step.lanes.width;
      // Tiles are cut at multiples of a cache line: what is left over is left at the end of the axis.
      if (left < width) continue;
      left %= width;
      const part = left === 0 ? { statements: [], whole: axis.count } : wholeSteps(this.#locals, axis.count, width);
      statements.push(...part.statements);
      statements.push(...this.#elements(axis, { start, end: part.whole, step: width }, step, pointers, positions));
      start = part.whole;
    }
    return statements;
  }

  #elements(
    axis: TileAxis,
    range: Range,
    { lanes, vectors }: Step,
    pointers: readonly Local[],
    positions: ReadonlyMap<number, Code>,
  ): readonly Code[] {
    const offset = this.#locals.variable("i32");
    const address = (array: number): Code => i32.add(get(operand(pointers, array)), get(offset));
    const repeated: Code[] = [];
    const splats = new Map<number, Code>();
    const splat = (index: number, dtype: LaneType): Code => {
      const found = splats.get(index);
      if (found !== undefined) return found;
      const local = this.#locals.variable(lanes.variableType(dtype));
      repeated.push(set(local, lanes.loadSplat(dtype, get(operand(pointers, index)))));
      splats.set(index, get(local));
      return get(local);
    };
    const vector = (_: unknown, ahead: number): readonly Code[] => {
      const first = ahead * lanes.width;
      const input = (index: number, dtype: LaneType): Code =>
        operand(axis.strides, index) === 0 ? splat(index, dtype) : lanes.load(dtype, address(index), first * BYTES);
      const coordinate = (along: number): Code => {
        if (along !== axis.axis) return lanes.coordinate(positions.get(along) ?? i32.const(0), false);
        const position = i32.add(counted(axis.start), i32.shr_u(get(offset), i32.const(2)));
        return lanes.coordinate(i32.add(position, i32.const(first)), true);
      };
      const { statements, outputs } = scalarCode(this.#program, { lanes, locals: this.#locals, input, coordinate });
      const stores = outputTypes(this.#program).map((dtype, index) => {
        const array = this.#program.inputs.length + index;
        return lanes.store(laneType(dtype), address(array), operand(outputs, index), first * BYTES);
      });
      return [...statements, ...stores];
    };
    const body = Array.from({ length: vectors }, vector).flat();
    const { statements, start, end } = this.#inBytes(range);
    return [...statements, ...repeated, countedLoop(offset, { start, end, step: range.step * BYTES }, body)];
  }

  #inBytes({ start, end }: Range): {
    readonly statements: readonly Code[];
    readonly start: Count;
    readonly end: Count;
  } {
    const statements: Code[] = [];
    const bytes = (count: Count): Count => {
      if (typeof count === "number") return count * BYTES;
      const local = this.#locals.variable("i32");
      statements.push(set(local, i32.shl(get(count), i32.const(2))));
      return local;
    };
    return { start: bytes(start), end: bytes(end), statements };
  }
}
