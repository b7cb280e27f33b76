// The position of the maximum along an axis. The first of equal elements wins, and NaN wins only in the first position.
import { type ArgmaxAttributes, elementCount, extent, operand } from "@tandem/core";
import { type Code, type Count, get, type Local, set } from "../encoding/code.ts";
import { i32 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output } from "../generated.ts";
import { areWords, type KernelDefinition, type LaunchTarget } from "../kernel.ts";
import { alongRow } from "../loops/along-row.ts";
import { chunksOf, LINE, tileCount, tileOf } from "../loops/tiles.ts";
import { all, walkRange } from "../loops/walk.ts";
import { extractLane, fourLanes } from "../map/four-lanes.ts";
import type { Lanes, LaneType } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";
import { laneType } from "../map/scalar-code.ts";

/** Elements of a tile. */
const TILE = 32768;

/** The input as [outer, size, inner], of which the middle axis goes. */
interface Axis {
  readonly dtype: LaneType;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export const argmaxKernel: KernelDefinition = {
  supports: areWords,
  launches({ inputs, attributes }, target) {
    const { axis } = attributes as ArgmaxAttributes;
    const { dtype, shape } = operand(inputs, 0).type;
    const found = compileArgmax(
      {
        dtype: laneType(dtype),
        outer: elementCount(shape.slice(0, axis)),
        size: extent(shape, axis),
        inner: elementCount(shape.slice(axis + 1)),
      },
      target,
    );
    return launchesOf(found, input(0), output(0));
  },
};

/** A function of the addresses of the input and of the output. */
function compileArgmax(axis: Axis, target: LaunchTarget): GeneratedFunction {
  const { outer, size, inner } = axis;
  const locals = new Locals(2);
  const axes = [
    { extent: outer, strides: [size * inner, inner] },
    { extent: inner, strides: [1, 1] },
  ] as const;
  const chunks = chunksOf([outer, inner], TILE / size, LINE);
  const tile = tileOf(locals, axes, chunks, locals.addresses);
  const [rows = 0, columns = 0] = tile.counts;
  const writer = new ArgmaxWriter(axis, locals);
  const statements = [
    ...tile.statements,
    ...walkRange(locals, axes[0], all(rows), tile.pointers, (row) =>
      inner === 1 ? writer.row(row) : writer.columns(row, columns),
    ),
  ];
  const tiles = tileCount([outer, inner], chunks);
  return generatedFunction(`argmax ${JSON.stringify(axis)}`, target, { locals, statements, tiles });
}

/** The largest element so far in each lane, and where it was. */
interface Best {
  readonly value: Local;
  readonly index: Local;
}

class ArgmaxWriter {
  readonly #axis: Axis;
  readonly #locals: Locals;

  constructor(axis: Axis, locals: Locals) {
    this.#axis = axis;
    this.#locals = locals;
  }

  /** Outputs that lie side by side. */
  columns(pointers: readonly Local[], count: Count): readonly Code[] {
    const { dtype, size, inner } = this.#axis;
    return alongRow(this.#locals, count, pointers, (lanes, [from, to]) => {
      if (from === undefined || to === undefined) return [];
      const best = this.#best(lanes);
      const others = { start: 1, end: size, step: 1 };
      return [
        ...this.#start(lanes, best, lanes.load(dtype, get(from))),
        ...walkRange(this.#locals, { strides: [inner] }, others, [from], ([here = from], at) =>
          this.#take(lanes, best, lanes.load(dtype, get(here)), lanes.coordinate(at, false)),
        ),
        lanes.store("i32", get(to), get(best.index)),
      ];
    });
  }

  /** One output, the elements of which lie side by side: each lane looks at every fourth. */
  row([from, to]: readonly Local[]): readonly Code[] {
    if (from === undefined || to === undefined) return [];
    const { dtype, size } = this.#axis;
    const [lanes, best] = [this.#best(fourLanes), this.#best(oneLane)];
    const whole = size - (size % fourLanes.width);
    const axis = { strides: [1] };
    const lane = (values: Local, index: number, type: LaneType): Code => extractLane(type, get(values), index);
    return [
      ...this.#start(oneLane, best, oneLane.load(dtype, get(from))),
      ...this.#start(fourLanes, lanes, fourLanes.loadSplat(dtype, get(from))),
      ...walkRange(this.#locals, axis, { start: 0, end: whole, step: fourLanes.width }, [from], ([here = from], at) =>
        this.#take(fourLanes, lanes, fourLanes.load(dtype, get(here)), fourLanes.coordinate(at, true)),
      ),
      ...[0, 1, 2, 3].flatMap((index) => {
        const [value, position] = [lane(lanes.value, index, dtype), lane(lanes.index, index, "i32")];
        return this.#takeFirst(best, value, position);
      }),
      ...walkRange(this.#locals, axis, { start: whole, end: size, step: 1 }, [from], ([here = from], at) =>
        this.#take(oneLane, best, oneLane.load(dtype, get(here)), at),
      ),
      i32.store(get(to), get(best.index)),
    ];
  }

  #best(lanes: Lanes): Best {
    const variable = (dtype: LaneType): Local => this.#locals.variable(lanes.variableType(dtype));
    return { value: variable(this.#axis.dtype), index: variable("i32") };
  }

  #start(lanes: Lanes, { value, index }: Best, first: Code): readonly Code[] {
    return [set(value, first), set(index, lanes.constant("i32", 0))];
  }

  /** Takes a value that is larger; value and position are evaluated once. */
  #take(lanes: Lanes, { value, index }: Best, candidate: Code, position: Code): readonly Code[] {
    const { dtype } = this.#axis;
    const kept = this.#locals.variable(lanes.variableType(dtype));
    const isLarger = this.#locals.variable(lanes.variableType("bool"));
    return [
      set(kept, candidate),
      set(isLarger, lanes.apply("gt", dtype, [get(kept), get(value)])),
      set(value, lanes.apply("select", dtype, [get(isLarger), get(kept), get(value)])),
      set(index, lanes.apply("select", "i32", [get(isLarger), position, get(index)])),
    ];
  }

  /** Takes a value that is larger, or as large and before the one so far. */
  #takeFirst({ value, index }: Best, candidate: Code, position: Code): readonly Code[] {
    const { dtype } = this.#axis;
    const isBetter = this.#locals.variable("i32");
    const isEqualAndBefore = i32.and(
      oneLane.apply("eq", dtype, [candidate, get(value)]),
      i32.lt_u(position, get(index)),
    );
    return [
      set(isBetter, i32.or(oneLane.apply("gt", dtype, [candidate, get(value)]), isEqualAndBefore)),
      set(value, oneLane.apply("select", dtype, [get(isBetter), candidate, get(value)])),
      set(index, oneLane.apply("select", "i32", [get(isBetter), position, get(index)])),
    ];
  }
}
