// Elementwise computation: a function made of the scalar program, called for one element or for four neighbours.
import {
  type ArrayType,
  broadcastStrides,
  byteLength,
  elementCount,
  extent,
  type MapAttributes,
  outputTypes,
  type ScalarProgram,
} from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable, type KernelDefinition, type StepShape } from "../kernel.ts";
import { coordinatesOf, offsetExpression } from "../shader/broadcast.ts";
import { type Dispatch, linearDispatch } from "../shader/dispatch.ts";
import { type ElementRange, elementRanges } from "../shader/element-ranges.ts";
import { enables } from "../shader/enables.ts";
import { mergeAxes } from "../shader/merged-axes.ts";
import { scalarFunctions, scalarStatements, storageElement, storageVector, usesF16 } from "../shader/scalar.ts";
import { bindingCount, declareStorage, type StorageDeclaration } from "../shader/storage.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;

export const mapKernel: KernelDefinition = {
  supports({ inputs, outputs, attributes }, capabilities) {
    const { body, shape } = attributes as MapAttributes;
    const types = body.instructions.map(({ dtype }): ArrayType => ({ dtype, shape: [] }));
    return (
      areStorable([...inputs, ...outputs, ...types], capabilities) &&
      mapBindings(inputs, shape, outputs.length, capabilities) <= capabilities.limits.storageBindings
    );
  },
  dispatches(step, capabilities) {
    const { body, shape } = step.attributes as MapAttributes;
    const layout = layoutOf(step, shape);
    return elementRanges(elementCount(shape), capabilities).map((range) =>
      mapDispatch(step, body, layout, range, capabilities),
    );
  },
};

/** Bindings of a map, none of whose outputs takes the place of an input. */
export function mapBindings(
  inputs: readonly ArrayType[],
  shape: readonly number[],
  outputs: number,
  capabilities: Capabilities,
): number {
  const repeated = inputs.filter((input) => elementCount(input.shape) !== elementCount(shape));
  return inputs.length - repeated.length + outputs + bindingCount(repeated.map(byteLength), capabilities);
}

interface MapLayout {
  readonly shape: readonly number[];
  /** Four where an invocation computes four neighbours along the last axis. */
  readonly width: 1 | 4;
  readonly inputs: readonly InputLayout[];
}

interface InputLayout {
  /** Along the merged axes. */
  readonly strides: readonly number[];
  /** Whether its elements are read in the order of the result's. */
  readonly isInOrder: boolean;
  /** Whether four neighbours are read at once: else they are one element. */
  readonly isVector: boolean;
}

function layoutOf(step: StepShape, shape: readonly number[]): MapLayout {
  const count = elementCount(shape);
  const merged = mergeAxes(
    shape,
    step.inputs.map(({ type }) => broadcastStrides(type.shape, shape)),
  );
  const row = extent(merged.shape, merged.shape.length - 1);
  // One row may end within a vector: slots hold whole ones. A single element is not read as one, so it is not written as one.
  const width = row % 4 === 0 || (merged.shape.length === 1 && row > 1) ? 4 : 1;
  const inputs = step.inputs.map(({ type }, index): InputLayout => {
    const strides = merged.strides[index] ?? [];
    return {
      strides,
      isInOrder: elementCount(type.shape) === count,
      isVector: width === 4 && strides.at(-1) === 1,
    };
  });
  return { shape: merged.shape, width, inputs };
}

function mapDispatch(
  step: StepShape,
  body: ScalarProgram,
  layout: MapLayout,
  range: ElementRange,
  capabilities: Capabilities,
): Dispatch {
  const { width } = layout;
  const { wgsl: storage, bindings } = declareStorage(step, declarations(step, layout, range), capabilities);
  const { workgroups, opening } = linearDispatch(Math.ceil(range.count / width), capabilities, WORKGROUP);
  const { statements, inputs } = reads(layout, range);
  const lanes = width === 4 ? [0, 1, 2, 3] : [0];
  const elements = lanes.map((lane) => {
    const values = inputs.map(({ isVector, name }) => (isVector ? `${name}[${lane}]` : name));
    return `  let element${lane} = elementAt(${[`first + ${lane}u`, ...values].join(", ")});`;
  });
  const writes = outputTypes(body).map((dtype, output) => {
    const values = lanes.map((lane) => `element${lane}.output${output}`).join(", ");
    return `  write_output${output}(position, ${width === 4 ? `${storageVector(dtype)}(${values})` : values});`;
  });
  const main = [
    opening,
    `  let first = position * ${width}u + ${range.first}u;`,
    statements,
    ...elements,
    ...writes,
    "}",
  ];
  const header = enables({ f16: usesF16(body) });
  const wgsl = [header, storage, scalarFunctions(body), elementFunction(step, body), main.join("\n")].join("\n\n");
  return { wgsl, bindings, workgroups };
}

function declarations(step: StepShape, layout: MapLayout, range: ElementRange): readonly StorageDeclaration[] {
  const groups = (elements: number): number => Math.ceil(elements / layout.width);
  const inOrder = { first: groups(range.first), count: groups(range.count) };
  const inputs = step.inputs.map(({ type }, index): StorageDeclaration => {
    const { isInOrder, isVector } = layout.inputs[index] ?? { isInOrder: false, isVector: false };
    const size = elementCount(type.shape);
    return {
      name: `input${index}`,
      storage: { kind: "input", index },
      element: isVector ? storageVector(type.dtype) : storageElement(type.dtype),
      access: "read",
      ...(isInOrder ? inOrder : { count: isVector ? Math.ceil(size / 4) : size }),
    };
  });
  const outputs = step.outputs.map(({ type }, index): StorageDeclaration => {
    const element = layout.width === 4 ? storageVector(type.dtype) : storageElement(type.dtype);
    return { name: `output${index}`, storage: { kind: "output", index }, element, access: "write", ...inOrder };
  });
  return [...inputs, ...outputs];
}

interface Read {
  readonly name: string;
  readonly isVector: boolean;
}

/** Reads the inputs of the elements from `first` on. */
function reads(layout: MapLayout, range: ElementRange): { statements: string; inputs: readonly Read[] } {
  const needsCoordinates = layout.inputs.some(({ isInOrder }) => !isInOrder);
  const { statements, coordinates } = coordinatesOf(layout.shape, "first", "at");
  const inputs = layout.inputs.map(({ isVector }, index): Read => ({ name: `value${index}`, isVector }));
  const lines = layout.inputs.map(({ strides, isInOrder, isVector }, index) => {
    const offset = offsetExpression(coordinates, strides);
    const at = isInOrder ? "position" : isVector ? `(${offset}) / 4u` : offset;
    return `  let value${index} = read_input${index}(${at});`;
  });
  return { statements: [...(needsCoordinates && range.count > 0 ? [statements] : []), ...lines].join("\n"), inputs };
}

function elementFunction(step: StepShape, body: ScalarProgram): string {
  const { shape } = step.attributes as MapAttributes;
  const readsCoordinates = body.instructions.some(({ op }) => op === "coordinate");
  const { statements: split, coordinates } = coordinatesOf(shape, "position");
  const inputs = body.inputs.map((_, index) => `input${index}`);
  const { statements, outputs } = scalarStatements(body, { inputs, coordinates, prefix: "v" });
  const parameters = body.inputs.map((dtype, index) => `input${index}: ${storageElement(dtype)}`);
  const members = outputTypes(body).map((dtype, index) => `  output${index}: ${storageElement(dtype)},`);
  return `struct Outputs {
${members.join("\n")}
}

fn elementAt(${["position: u32", ...parameters].join(", ")}) -> Outputs {
${readsCoordinates ? `${split}\n` : ""}${statements}
  return Outputs(${outputs.join(", ")});
}`;
}
