// Code that adds up (or takes the maximum of) what lies along the axes of a nest. Long sums are made of shorter ones, so that
// rounding errors stay small; the order depends on the nest alone.
import { operand, type ScalarOp } from "@tandem/core";
import { type Code, type Count, get, type Local, sequence, set } from "../encoding/code.ts";
import type { Locals } from "../encoding/module.ts";
import { loadAt, storeAt } from "../loops/access.ts";
import type { LoopAxis } from "../loops/loop-nest.ts";
import { wholeSteps } from "../loops/tiles.ts";
import { elementAt, walk, walkRange } from "../loops/walk.ts";
import { extractLane, fourLanes } from "../map/four-lanes.ts";
import type { Lanes, LaneType } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";

/** Elements that are added up before their sum goes into a longer one. */
const CHUNK = 256;
/** Registers of four partial results that are kept at once for an output made of contiguous elements. */
const REGISTERS = 4;
const WIDE = REGISTERS * fourLanes.width;
/** Vectors of columns that are added up at once: several cache lines, then what is left. */
const COLUMN_VECTORS = [8, 4, 1] as const;

const [FROM, TO] = [0, 1];

/** An axis of the outputs, of which a tile takes this many positions. */
export interface KeptAxis {
  readonly extent: Count;
  readonly strides: readonly number[];
}

/** How two partial results become one. */
export interface Fold {
  readonly op: ScalarOp;
  readonly dtype: LaneType;
  /** What the reduction of nothing gives. */
  readonly identity: number;
}

export class ReduceWriter {
  readonly #fold: Fold;
  readonly #locals: Locals;

  constructor(fold: Fold, locals: Locals) {
    this.#fold = fold;
    this.#locals = locals;
  }

  /** Outputs each of whose elements lie side by side along the last of the reduced axes. */
  rows(kept: readonly KeptAxis[], reduced: readonly LoopAxis[], pointers: readonly Local[]): readonly Code[] {
    return walk(this.#locals, kept, pointers, (here) => this.#row(reduced, here));
  }

  /** Outputs that lie side by side along the last of the kept axes, as do the elements of each: blocks of columns at a time. */
  columns(kept: readonly KeptAxis[], reduced: readonly LoopAxis[], pointers: readonly Local[]): readonly Code[] {
    const row = operand(kept, kept.length - 1);
    const blocks = (lanes: Lanes, count: number, start: Count, end: Count, here: readonly Local[]): readonly Code[] =>
      walkRange(this.#locals, row, { start, end, step: lanes.width * count }, here, (column) => {
        const totals = this.#registers(lanes, count);
        const stores = totals.map((total, part) =>
          storeAt(lanes, this.#fold.dtype, operand(column, TO), part * lanes.width, get(total)),
        );
        return [...this.#total(lanes, totals, reduced, operand(column, FROM)), ...stores];
      });
    const steps = COLUMN_VECTORS.map((vectors) => ({
      vectors,
      ...wholeSteps(this.#locals, row.extent, vectors * fourLanes.width),
    }));
    const ends = steps.map(({ whole }) => whole);
    return [
      ...steps.flatMap(({ statements }) => statements),
      ...walk(this.#locals, kept.slice(0, -1), pointers, (here) => [
        ...steps.flatMap(({ vectors, whole }, level) => blocks(fourLanes, vectors, ends[level - 1] ?? 0, whole, here)),
        ...blocks(oneLane, 1, operand(ends, ends.length - 1), row.extent, here),
      ]),
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
      oneLane.store(this.#fold.dtype, get(operand(pointers, TO)), get(total)),
    ];
  }

  /** Sets the registers to the totals of what lies side by side at every position along the axes. */
  #total(lanes: Lanes, totals: readonly Local[], axes: readonly LoopAxis[], from: Local): readonly Code[] {
    const reset = totals.map((total) => set(total, lanes.constant(this.#fold.dtype, this.#fold.identity)));
    return [...reset, ...this.#addAlong(lanes, totals, axes, from)];
  }

  #addAlong(lanes: Lanes, totals: readonly Local[], axes: readonly LoopAxis[], from: Local): readonly Code[] {
    const [axis, ...inner] = axes;
    if (axis === undefined) {
      return totals.map((total, part) =>
        this.#add(lanes, total, loadAt(lanes, this.#fold.dtype, from, part * lanes.width)),
      );
    }
    const range = (start: number, end: number, step: number) => ({ start, end, step });
    if (this.#fold.op !== "add" || axis.extent <= CHUNK) {
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
      set(total, extractLane(this.#fold.dtype, get(first), 0)),
      ...[1, 2, 3].map((lane) => this.#add(oneLane, total, extractLane(this.#fold.dtype, get(first), lane))),
    ];
  }

  /** Adds a value, which may be evaluated once only, to a register. */
  #add(lanes: Lanes, register: Local, value: Code): Code {
    const local = this.#register(lanes);
    return sequence([
      set(local, value),
      set(register, lanes.apply(this.#fold.op, this.#fold.dtype, [get(register), get(local)])),
    ]);
  }

  #registers(lanes: Lanes, count: number): readonly Local[] {
    return Array.from({ length: count }, () => this.#register(lanes));
  }

  #register(lanes: Lanes): Local {
    return this.#locals.variable(lanes.variableType(this.#fold.dtype));
  }
}
