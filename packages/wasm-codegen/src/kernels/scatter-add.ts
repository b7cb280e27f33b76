// Adding rows at positions that are data. Operands are seen as [outer, size or entries, inner]; a tile has all entries of some
// columns, so that no two tiles add to the same element and every sum has one order.
import { elementCount, operand, type ScatterAddAttributes } from "@tandem/core";
import { get, set, when } from "../encoding/code.ts";
import { i32 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output } from "../generated.ts";
import type { KernelDefinition, LaunchTarget } from "../kernel.ts";
import { alongRow } from "../loops/along-row.ts";
import { chunksOf, LINE, tileCount, tileOf } from "../loops/tiles.ts";
import { all, BYTES, walkRange } from "../loops/walk.ts";
import type { LaneType } from "../map/lanes.ts";
import { laneType } from "../map/scalar-code.ts";

/** Elements of a tile. */
const TILE = 16384;

interface Scattering {
  readonly dtype: LaneType;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly entries: number;
}

export const scatterAddKernel: KernelDefinition = {
  supports: (inputs) => inputs.every(({ dtype }) => dtype === "f32" || dtype === "i32" || dtype === "u32"),
  launches({ inputs, outputs, attributes }, target) {
    const { axis, size } = attributes as ScatterAddAttributes;
    const { shape, dtype } = operand(outputs, 0).type;
    const scattered = compileScatterAdd(
      {
        dtype: laneType(dtype),
        outer: elementCount(shape.slice(0, axis)),
        size,
        inner: elementCount(shape.slice(axis + 1)),
        entries: elementCount(operand(inputs, 0).type.shape),
      },
      target,
    );
    return launchesOf(scattered, input(0), input(1), output(0));
  },
};

/** A function of the addresses of the indices, the updates and the output. An index out of range adds nothing. */
function compileScatterAdd(scattering: Scattering, target: LaunchTarget): GeneratedFunction {
  const { dtype, outer, size, inner, entries } = scattering;
  const locals = new Locals(3);
  const axes = [
    { extent: outer, strides: [0, entries * inner, size * inner] },
    { extent: inner, strides: [0, 1, 1] },
  ] as const;
  const extents = axes.map((axis) => axis.extent);
  const chunks = chunksOf(extents, TILE / Math.max(1, size + entries), LINE);
  const tile = tileOf(locals, axes, chunks, locals.addresses);
  const [blocks = 0, columns = 0] = tile.counts;
  const [index, place] = [locals.variable("i32"), locals.variable("i32")];
  const statements = [
    ...tile.statements,
    ...walkRange(locals, axes[0], all(blocks), tile.pointers, ([indices, updates, sums]) =>
      indices === undefined || updates === undefined || sums === undefined
        ? []
        : [
            ...walkRange(locals, { strides: [inner] }, all(size), [sums], (row) =>
              alongRow(locals, columns, row, (lanes, [at = sums]) => [
                lanes.store(dtype, get(at), lanes.constant(dtype, 0)),
              ]),
            ),
            ...walkRange(locals, { strides: [1, inner] }, all(entries), [indices, updates], ([entry, update]) =>
              entry === undefined || update === undefined
                ? []
                : [
                    set(index, i32.load(get(entry))),
                    set(place, i32.add(get(sums), i32.mul(get(index), i32.const(inner * BYTES)))),
                    when(
                      i32.lt_u(get(index), i32.const(size)),
                      alongRow(locals, columns, [update, place], (lanes, [from = update, at = place]) => {
                        const sum = [lanes.load(dtype, get(at)), lanes.load(dtype, get(from))];
                        return [lanes.store(dtype, get(at), lanes.apply("add", dtype, sum))];
                      }),
                    ),
                  ],
            ),
          ],
    ),
  ];
  const key = `scatter add ${JSON.stringify(scattering)}`;
  return generatedFunction(key, target, { locals, statements, tiles: tileCount(extents, chunks) });
}
