// Sums, maxima and minima over any axes, compiled to SIMD. Long sums are made of shorter ones, so that rounding errors stay small;
// the order depends on the shape alone.
import {
  operand,
  type ReduceAttributes,
  type ReduceKind,
  rowMajorStrides,
  type ScalarOp,
  type Shape,
} from "@tandem/core";
import { type Code, get, type Local, sequence, set } from "../encoding/code.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output } from "../generated.ts";
import type { KernelDefinition, LaunchTarget } from "../kernel.ts";
import { type LoopAxis, loopNest } from "../loops/loop-nest.ts";
import { elementAt, walk, walkRange } from "../loops/walk.ts";
import { extractLane, fourLanes } from "../map/four-lanes.ts";
import type { Lanes, LaneType } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";
import { laneType } from "../map/scalar-code.ts";

/** Elements that are added up before their sum goes into a longer one. */
const CHUNK = 256;
/** Registers of four partial results that are kept at once. */
const REGISTERS = 4;
const WIDE = REGISTERS * fourLanes.width;

const [FROM, TO] = [0, 1];
const isReduced = (axis: LoopAxis): boolean => operand(axis.strides, TO) === 0;

const opOf = { sum: "add", max: "max", min: "min" } satisfies Record<ReduceKind, ScalarOp>;

/** What the reduction of nothing gives. */
function identityOf(kind: ReduceKind, dtype: LaneType): number {
  if (kind === "sum") return 0;
  const limits = {
    f32: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    i32: [-(2 ** 31), 2 ** 31 - 1],
    u32: [0, 2 ** 32 - 1],
    bool: [0, 1],
  } satisfies Record<LaneType, [number, number]>;
  const [lowest, highest] = limits[dtype];
  return kind === "max" ? lowest : highest;
}

export const reduceKernel: KernelDefinition = {
  supports: (inputs) => inputs.every(({ dtype }) => dtype === "f32" || dtype === "i32" || dtype === "u32"),
  launches({ inputs, attributes }, target) {
    const { kind, axes } = attributes as ReduceAttributes;
    const { shape, dtype } = operand(inputs, 0).type;
    return launchesOf(compileReduce(kind, laneType(dtype), shape, axes, target), input(0), output(0));
  },
};

/** A function of the addresses of the input and of the output. */
function compileReduce(
  kind: ReduceKind,
  dtype: LaneType,
  shape: Shape,
  axes: readonly number[],
  target: LaunchTarget,
): GeneratedFunction {
  const keptShape = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const toStrides = rowMajorStrides(keptShape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const nest = loopNest(shape, [rowMajorStrides(shape), toStrides]);
  const locals = new Locals(2);
  const writer = new ReduceWriter(opOf[kind], identityOf(kind, dtype), dtype, locals);
  const statements = writer.reduce(nest);
  const key = `reduce ${JSON.stringify([kind, dtype, shape, axes])}`;
  return generatedFunction(key, target, { locals, statements, tiles: keptShape.includes(0) ? 0 : 1 });
}

class ReduceWriter {
  readonly #op: ScalarOp;
  readonly #identity: number;
  readonly #dtype: LaneType;
  readonly #locals: Locals;

  constructor(op: ScalarOp, identity: number, dtype: LaneType, locals: Locals) {
    this.#op = op;
    this.#identity = identity;
    this.#dtype = dtype;
    this.#locals = locals;
  }

  reduce(nest: readonly LoopAxis[]): readonly Code[] {
    const reduced = nest.filter(isReduced);
    const kept = nest.filter((axis) => !isReduced(axis));
    const row = nest.at(-1);
    const { addresses: parameters } = this.#locals;
    if (row === undefined || isReduced(row)) {
      return walk(this.#locals, kept, parameters, (pointers) => this.#row(reduced, pointers));
    }
    return walk(this.#locals, kept.slice(0, -1), parameters, (pointers) => this.#columns(row, reduced, pointers));
  }

  /** The outputs lie side by side, and so do the inputs of each: blocks of columns at a time. */
  #columns(row: LoopAxis, reduced: readonly LoopAxis[], pointers: readonly Local[]): readonly Code[] {
    const wideEnd = row.extent - (row.extent % WIDE);
    const wholeEnd = row.extent - (row.extent % fourLanes.width);
    const blocks = (lanes: Lanes, count: number, start: number, end: number): readonly Code[] =>
      walkRange(this.#locals, row, { start, end, step: lanes.width * count }, pointers, (here) => {
        const totals = this.#registers(lanes, count);
        const stores = totals.map((total, part) =>
          lanes.store(this.#dtype, elementAt(operand(here, TO), part * lanes.width), get(total)),
        );
        return [...this.#total(lanes, totals, reduced, operand(here, FROM)), ...stores];
      });
    return [
      ...blocks(fourLanes, REGISTERS, 0, wideEnd),
      ...blocks(fourLanes, 1, wideEnd, wholeEnd),
      ...blocks(oneLane, 1, wholeEnd, row.extent),
    ];
  }

  /** Everything goes into one output; the innermost of the axes is contiguous. */
  #row(reduced: readonly LoopAxis[], pointers: readonly Local[]): readonly Code[] {
    const { extent, strides } = reduced.at(-1) ?? { extent: 1, strides: [1, 0] };
    const outer = reduced.slice(0, -1);
    const wideEnd = extent - (extent % WIDE);
    const [total, rest] = [this.#register(oneLane), this.#register(oneLane)];
    const registers = this.#registers(fourLanes, REGISTERS);
    const restPointer = this.#locals.variable("i32");
    const wide: LoopAxis = { extent: wideEnd / WIDE, strides: [WIDE, 0] };
    return [
      ...this.#total(fourLanes, registers, [...outer, wide], operand(pointers, FROM)),
      ...this.#sumOfLanes(registers, total),
      set(restPointer, elementAt(operand(pointers, FROM), wideEnd)),
      ...this.#total(oneLane, [rest], [...outer, { extent: extent - wideEnd, strides }], restPointer),
      this.#add(oneLane, total, get(rest)),
      oneLane.store(this.#dtype, get(operand(pointers, TO)), get(total)),
    ];
  }

  /** Sets the registers to the totals of what lies side by side at every position along the axes. */
  #total(lanes: Lanes, totals: readonly Local[], axes: readonly LoopAxis[], from: Local): readonly Code[] {
    const reset = totals.map((total) => set(total, lanes.constant(this.#dtype, this.#identity)));
    return [...reset, ...this.#addAlong(lanes, totals, axes, from)];
  }

  #addAlong(lanes: Lanes, totals: readonly Local[], axes: readonly LoopAxis[], from: Local): readonly Code[] {
    const [axis, ...inner] = axes;
    if (axis === undefined) {
      return totals.map((total, part) =>
        this.#add(lanes, total, lanes.load(this.#dtype, elementAt(from, part * lanes.width))),
      );
    }
    const range = (start: number, end: number, step: number) => ({ start, end, step });
    if (this.#op !== "add" || axis.extent <= CHUNK) {
      return walkRange(this.#locals, axis, range(0, axis.extent, 1), [from], ([here = from]) =>
        this.#addAlong(lanes, totals, inner, here),
      );
    }
    const whole = axis.extent - (axis.extent % CHUNK);
    const partial = this.#registers(lanes, totals.length);
    const chunk =
      (extent: number) =>
      ([here = from]: readonly Local[]) => [
        ...this.#total(lanes, partial, [{ ...axis, extent }, ...inner], here),
        ...totals.map((total, part) => this.#add(lanes, total, get(operand(partial, part)))),
      ];
    return [
      ...walkRange(this.#locals, axis, range(0, whole, CHUNK), [from], chunk(CHUNK)),
      ...walkRange(this.#locals, axis, range(whole, axis.extent, CHUNK), [from], chunk(axis.extent - whole)),
    ];
  }

  #sumOfLanes(registers: readonly Local[], total: Local): readonly Code[] {
    const [first, ...others] = registers;
    if (first === undefined) return [];
    return [
      ...others.map((other) => this.#add(fourLanes, first, get(other))),
      set(total, extractLane(this.#dtype, get(first), 0)),
      ...[1, 2, 3].map((lane) => this.#add(oneLane, total, extractLane(this.#dtype, get(first), lane))),
    ];
  }

  /** Adds a value, which may be evaluated once only, to a register. */
  #add(lanes: Lanes, register: Local, value: Code): Code {
    const local = this.#register(lanes);
    return sequence([
      set(local, value),
      set(register, lanes.apply(this.#op, this.#dtype, [get(register), get(local)])),
    ]);
  }

  #registers(lanes: Lanes, count: number): readonly Local[] {
    return Array.from({ length: count }, () => this.#register(lanes));
  }

  #register(lanes: Lanes): Local {
    return this.#locals.variable(lanes.variableType(this.#dtype));
  }
}
