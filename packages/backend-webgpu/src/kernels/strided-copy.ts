// Copying a block of elements between two strided layouts: what most ops that move elements are.
import { type ArrayType, byteLength, elementCount, extent, operand, rowMajorStrides, type Shape } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import type { StepShape } from "../kernel.ts";
import { coordinatesOf, offsetExpression } from "../shader/broadcast.ts";
import { type Dispatch, linearDispatch } from "../shader/dispatch.ts";
import { elementRanges } from "../shader/element-ranges.ts";
import { enables } from "../shader/enables.ts";
import { mergeAxes } from "../shader/merged-axes.ts";
import { storageElement, storageVector } from "../shader/scalar.ts";
import { bindingCount, declareStorage, type StorageDeclaration } from "../shader/storage.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;

/** Where a block lies in an operand; strides and start in elements, strides may be negative. */
export interface Layout {
  /** Index of the operand among the step's inputs or outputs. */
  readonly index: number;
  readonly start: number;
  readonly strides: readonly number[];
}

/** Bindings that it takes to move between an operand that is walked in order and another. */
export function copyBindings(other: ArrayType, capabilities: Capabilities): number {
  return 1 + bindingCount([byteLength(other)], capabilities);
}

/** Copies the block `shape` of an input to an output. The blocks may not overlap in memory. */
export function stridedCopy(
  step: StepShape,
  shape: Shape,
  from: Layout,
  to: Layout,
  capabilities: Capabilities,
): readonly Dispatch[] {
  const { dtype } = operand(step.inputs, from.index).type;
  const merged = mergeAxes(shape, [from.strides, to.strides]);
  const [fromStrides = [], toStrides = []] = merged.strides;
  const [source, target] = [
    { ...from, strides: fromStrides },
    { ...to, strides: toStrides },
  ];
  const isWhole = elementCount(shape) === elementCount(operand(step.outputs, to.index).type.shape);
  const areVectors = [source, target].every((layout) => isVectorwise(merged.shape, layout, isWhole));
  const width = areVectors ? 4 : 1;
  const element = width === 4 ? storageVector(dtype) : storageElement(dtype);
  const isInOrder = (layout: Layout): boolean => layout.start === 0 && isRowMajor(merged.shape, layout.strides);
  const [readsInOrder, writesInOrder] = [isInOrder(source), isInOrder(target)];
  const groups = (elements: number): number => Math.ceil(elements / width);

  return elementRanges(elementCount(shape), capabilities).map((range) => {
    const inOrder = { first: groups(range.first), count: groups(range.count) };
    const whole = ({ type }: { type: { shape: Shape } }) => ({ count: groups(elementCount(type.shape)) });
    const declarations: readonly StorageDeclaration[] = [
      {
        name: "source",
        storage: { kind: "input", index: from.index },
        element,
        access: "read",
        ...(readsInOrder ? inOrder : whole(operand(step.inputs, from.index))),
      },
      {
        name: "target",
        storage: { kind: "output", index: to.index },
        element,
        access: "write",
        ...(writesInOrder ? inOrder : whole(operand(step.outputs, to.index))),
      },
    ];
    const { wgsl: storage, bindings } = declareStorage(step, declarations, capabilities);
    const { workgroups, opening } = linearDispatch(groups(range.count), capabilities, WORKGROUP);
    const { statements, coordinates } = coordinatesOf(merged.shape, "first", "at");
    const index = (layout: Layout, isOrdered: boolean): string => {
      if (isOrdered) return "position";
      const offset = offsetExpression(coordinates, layout.strides, layout.start);
      return width === 4 ? `(${offset}) / 4u` : offset;
    };
    const wgsl = `${enables({ f16: dtype === "f16" })}${storage}

${opening}
  let first = position * ${width}u + ${range.first}u;
${statements}
  write_target(${index(target, writesInOrder)}, read_source(${index(source, readsInOrder)}));
}`;
    return { wgsl, bindings, workgroups };
  });
}

function isRowMajor(shape: Shape, strides: readonly number[]): boolean {
  const expected = rowMajorStrides(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === expected[axis]);
}

/** Whether groups of four neighbours along the last axis are whole vectors in the operand. */
function isVectorwise(shape: Shape, { start, strides }: Layout, isWhole: boolean): boolean {
  const last = shape.length - 1;
  if (strides[last] !== 1 || start % 4 !== 0) return false;
  // The last vector of a whole output may be part of one: slots hold whole ones.
  if (last === 0 && isWhole) return true;
  return extent(shape, last) % 4 === 0 && strides.slice(0, last).every((stride) => stride % 4 === 0);
}
