// Compiles a map to WebAssembly: loops over the shape, four elements at a time, and one at a time for what is left of each row.
import { broadcastStrides, elementCount, operand, outputTypes, type ScalarProgram, type Shape } from "@tandem/core";
import { type Code, countedLoop, get, type Local, sequence, set } from "../assembly/code.ts";
import { type CompiledFunction, compileFunction, Locals } from "../assembly/function.ts";
import { i32 } from "../assembly/instructions.ts";
import { type LoopAxis, loopNest } from "../loops/loop-nest.ts";
import { BYTES, walkRange } from "../loops/walk.ts";
import { withFunctionsExpanded } from "./expand-functions.ts";
import { fourLanes } from "./four-lanes.ts";
import type { Lanes, LaneType } from "./lanes.ts";
import { oneLane } from "./one-lane.ts";
import { laneType, scalarCode } from "./scalar-code.ts";

/**
 * A function of the addresses of the inputs, then of the outputs. The inputs broadcast to `shape`; an output may be in the same
 * memory as an input of that shape.
 */
export function compileMap(
  body: ScalarProgram,
  shape: Shape,
  inputShapes: readonly Shape[],
  memory: object,
): CompiledFunction {
  const program = withFunctionsExpanded(body);
  const coordinates = new Set(program.instructions.flatMap((it) => (it.op === "coordinate" ? it.axis : [])));
  const strides = [...inputShapes, ...program.outputs.map(() => shape)].map((own) => broadcastStrides(own, shape));
  const locals = new Locals(strides.length);
  const writer = new MapWriter(program, locals);
  const statements =
    elementCount(shape) === 0 ? [] : writer.loops(loopNest(shape, strides, coordinates), locals.parameters, new Map());
  return compileFunction(locals, statements, memory);
}

class MapWriter {
  readonly #program: ScalarProgram;
  readonly #locals: Locals;

  constructor(program: ScalarProgram, locals: Locals) {
    this.#program = program;
    this.#locals = locals;
  }

  /** `pointers` address the first element of each array; `positions` are those along outer axes. */
  loops(nest: readonly LoopAxis[], pointers: readonly Local[], positions: ReadonlyMap<number, Code>): readonly Code[] {
    const [outer = { extent: 1, strides: pointers.map(() => 0) }, ...inner] = nest;
    if (inner.length === 0) return this.#row(outer, pointers, positions);
    const range = { start: 0, end: outer.extent, step: 1 };
    return walkRange(this.#locals, outer, range, pointers, (here, position) =>
      this.loops(inner, here, outer.axis === undefined ? positions : new Map([...positions, [outer.axis, position]])),
    );
  }

  /** The innermost axis, along which every array moves by one element or stays. */
  #row(axis: LoopAxis, pointers: readonly Local[], positions: ReadonlyMap<number, Code>): readonly Code[] {
    const whole = axis.extent - (axis.extent % fourLanes.width);
    return [
      this.#elements(axis, { start: 0, end: whole }, fourLanes, pointers, positions),
      this.#elements(axis, { start: whole, end: axis.extent }, oneLane, pointers, positions),
    ];
  }

  #elements(
    axis: LoopAxis,
    { start, end }: { readonly start: number; readonly end: number },
    lanes: Lanes,
    pointers: readonly Local[],
    positions: ReadonlyMap<number, Code>,
  ): Code {
    if (end <= start) return sequence([]);
    const offset = this.#locals.variable("i32");
    const address = (array: number): Code => i32.add(get(operand(pointers, array)), get(offset));
    const repeated: Code[] = [];
    const input = (index: number, dtype: LaneType): Code => {
      if (operand(axis.strides, index) !== 0) return lanes.load(dtype, address(index));
      const local = this.#locals.variable(lanes.variableType(dtype));
      repeated.push(set(local, lanes.loadSplat(dtype, get(operand(pointers, index)))));
      return get(local);
    };
    const coordinate = (along: number): Code =>
      along === axis.axis
        ? lanes.coordinate(i32.shr_u(get(offset), i32.const(2)), true)
        : lanes.coordinate(positions.get(along) ?? i32.const(0), false);
    const element = scalarCode(this.#program, { lanes, locals: this.#locals, input, coordinate });
    const stores = outputTypes(this.#program).map((dtype, index) =>
      lanes.store(laneType(dtype), address(this.#program.inputs.length + index), operand(element.outputs, index)),
    );
    const range = { start: start * BYTES, end: end * BYTES, step: lanes.width * BYTES };
    return sequence([...repeated, countedLoop(offset, range, [...element.statements, ...stores])]);
  }
}
