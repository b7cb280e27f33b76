// Reading rows at positions that are data. Operands are seen as [outer, size or entries, inner].
import { elementCount, extent, type GatherAttributes, operand } from "@tandem/core";
import { choose, get, set } from "../encoding/code.ts";
import { i32 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output } from "../generated.ts";
import { areWords, type KernelDefinition, type LaunchTarget } from "../kernel.ts";
import { alongRow } from "../loops/along-row.ts";
import { chunksOf, LINE, tileCount, tileOf } from "../loops/tiles.ts";
import { all, BYTES, walkRange } from "../loops/walk.ts";

/** Elements of a tile. */
const TILE = 16384;

interface Gathering {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly entries: number;
}

export const gatherKernel: KernelDefinition = {
  supports: areWords,
  launches({ inputs, attributes }, target) {
    const { axis } = attributes as GatherAttributes;
    const { shape } = operand(inputs, 0).type;
    const gathered = compileGather(
      {
        outer: elementCount(shape.slice(0, axis)),
        size: extent(shape, axis),
        inner: elementCount(shape.slice(axis + 1)),
        entries: elementCount(operand(inputs, 1).type.shape),
      },
      target,
    );
    return launchesOf(gathered, input(0), input(1), output(0));
  },
};

/** A function of the addresses of the table, the indices and the output. An index out of range reads 0. */
function compileGather(gathering: Gathering, target: LaunchTarget): GeneratedFunction {
  const { outer, size, inner, entries } = gathering;
  const locals = new Locals(3);
  const axes = [
    { extent: outer, strides: [size * inner, 0, entries * inner] },
    { extent: entries, strides: [0, 1, inner] },
    { extent: inner, strides: [1, 0, 1] },
  ] as const;
  const extents = axes.map((axis) => axis.extent);
  const chunks = chunksOf(extents, TILE, LINE);
  const tile = tileOf(locals, axes, chunks, locals.addresses);
  const [blocks = 0, chosen = 0, elements = 0] = tile.counts;
  const [index, source] = [locals.variable("i32"), locals.variable("i32")];
  const statements = [
    ...tile.statements,
    ...walkRange(locals, axes[0], all(blocks), tile.pointers, (block) =>
      walkRange(locals, axes[1], all(chosen), block, ([table, indices, to]) =>
        table === undefined || indices === undefined || to === undefined
          ? []
          : [
              set(index, i32.load(get(indices))),
              set(source, i32.add(get(table), i32.mul(get(index), i32.const(inner * BYTES)))),
              choose(
                i32.lt_u(get(index), i32.const(size)),
                alongRow(locals, elements, [source, to], (lanes, [from = source, at = to]) => [
                  lanes.store("u32", get(at), lanes.load("u32", get(from))),
                ]),
                alongRow(locals, elements, [to], (lanes, [at = to]) => [
                  lanes.store("u32", get(at), lanes.constant("u32", 0)),
                ]),
              ),
            ],
      ),
    ),
  ];
  const key = `gather ${JSON.stringify(gathering)}`;
  return generatedFunction(key, target, { locals, statements, tiles: tileCount(extents, chunks) });
}
