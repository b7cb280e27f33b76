// Reading and adding at positions that are data: gather, its transpose scatterAdd, and one-hot encoding.
import { type DType, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { elementCount, extent, formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { requireAxis } from "./axis.ts";
import { map } from "./map.ts";
import { reshape } from "./movement.ts";

export type GatherAttributes = { readonly axis: number };
export type ScatterAddAttributes = {
  readonly axis: number;
  /** Extent of the axis that is scattered into. */
  readonly size: number;
};

function requireIndices(indices: ArrayType): void {
  if (indices.dtype !== "i32") throw new DTypeError(`indices must be i32, found ${indices.dtype}`);
}

/** table[..., indices, ...] along an axis; an index out of range reads 0. */
export const gatherOp: Op<GatherAttributes> = defineOp<GatherAttributes>({
  name: "gather",
  roles: ["table", "indices"],
  infer(inputs, { axis }) {
    const [table, indices] = [operand(inputs, 0), operand(inputs, 1)];
    requireIndices(indices);
    extent(table.shape, axis);
    return [
      { dtype: table.dtype, shape: [...table.shape.slice(0, axis), ...indices.shape, ...table.shape.slice(axis + 1)] },
    ];
  },
  vjp({ inputs, cotangents: [dy], attributes: { axis } }) {
    const [table, indices] = [operand(inputs, 0), operand(inputs, 1)];
    if (dy === undefined || !isFloat(table.dtype)) return [undefined, undefined];
    return [() => applyOp1(scatterAddOp, [indices, dy], { axis, size: extent(table.shape, axis) }), undefined];
  },
  flops: () => 0,
});

/** Adds each update into zeros at its index along an axis; an index out of range adds nothing. */
export const scatterAddOp: Op<ScatterAddAttributes> = defineOp<ScatterAddAttributes>({
  name: "scatterAdd",
  roles: ["indices", "updates"],
  infer(inputs, { axis, size }) {
    const [indices, updates] = [operand(inputs, 0), operand(inputs, 1)];
    requireIndices(indices);
    const end = axis + indices.shape.length;
    if (!sameShape(updates.shape.slice(axis, end), indices.shape)) {
      throw new ShapeError(
        `updates ${formatShape(updates.shape)} do not carry the indices' shape ${formatShape(indices.shape)} at axis ${axis}`,
      );
    }
    return [{ dtype: updates.dtype, shape: [...updates.shape.slice(0, axis), size, ...updates.shape.slice(end)] }];
  },
  vjp({ inputs, cotangents: [dTable], attributes: { axis } }) {
    return [undefined, dTable && (() => applyOp1(gatherOp, [dTable, operand(inputs, 0)], { axis }))];
  },
  flops: (inputs) => elementCount(operand(inputs, 1).shape),
});

/** Rows of `table` along `axis` (default 0) at i32 `indices`. */
export function gather(table: Tensor, indices: Tensor, axis = 0): Tensor {
  return applyOp1(gatherOp, [table, indices], { axis: requireAxis(gatherOp, [table, indices], axis) });
}

/** Zeros of extent `size` along `axis` (default 0), with each of `updates` added at its i32 index. */
export function scatterAdd(indices: Tensor, updates: Tensor, size: number, axis = 0): Tensor {
  return applyOp1(scatterAddOp, [indices, updates], { axis: requireAxis(scatterAddOp, [updates], axis), size });
}

/** 1 at each i32 label along a new last axis of extent `classes`, else 0; a label out of range gives zeros. */
export function oneHot(labels: Tensor, classes: number, dtype: DType = "f32"): Tensor {
  labels.builder.located({ name: "oneHot", roles: ["labels"] }, [labels], () => {
    if (labels.dtype !== "i32") throw new DTypeError(`labels must be i32, found ${labels.dtype}`);
  });
  const shape = [...labels.shape, classes];
  const [result] = map(
    [reshape(labels, [...labels.shape, 1])],
    ([label], builder) => {
      const isLabel = builder
        .coordinate(shape.length - 1)
        .cast("i32")
        .eq(label ?? builder.constant(-1, "i32"));
      return [isLabel.select(builder.constant(1, dtype), builder.constant(0, dtype))];
    },
    { shape },
  );
  return result ?? labels;
}
