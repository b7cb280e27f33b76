// Elements of one value in front of, behind and between those of the input.
import { elementCount, extent, operand, type PadAttributes, rowMajorStrides, scalarProgram } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable, type KernelDefinition, type StepShape } from "../kernel.ts";
import { coordinatesOf, offsetExpression } from "../shader/broadcast.ts";
import { type Dispatch, linearDispatch } from "../shader/dispatch.ts";
import { type ElementRange, elementRanges } from "../shader/element-ranges.ts";
import { enables } from "../shader/enables.ts";
import { scalarFunctions, scalarStatements, storageElement, storageVector } from "../shader/scalar.ts";
import { declareStorage } from "../shader/storage.ts";
import { copyBindings } from "./strided-copy.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;

export const padKernel: KernelDefinition = {
  supports: ({ inputs }, capabilities) =>
    areStorable(inputs, capabilities) &&
    copyBindings(operand(inputs, 0), capabilities) <= capabilities.limits.storageBindings,
  dispatches(step, capabilities) {
    const { shape } = operand(step.outputs, 0).type;
    const axes = mergePadded(operand(step.inputs, 0).type.shape, step.attributes as PadAttributes);
    return elementRanges(elementCount(shape), capabilities).map((range) =>
      padDispatch(step, axes, range, capabilities),
    );
  },
};

/** What happens along one axis. */
interface PaddedAxis {
  readonly input: number;
  readonly output: number;
  readonly before: number;
  /** Elements between neighbours. */
  readonly interior: number;
}

/** Inner axes that stay as they are join the axis before them. */
function mergePadded(shape: readonly number[], { before, after, interior }: PadAttributes): readonly PaddedAxis[] {
  const axes = shape.map((input, axis): PaddedAxis => {
    const [low, high, between] = [extent(before, axis), extent(after, axis), extent(interior, axis)];
    return { input, output: low + Math.max(0, input + (input - 1) * between) + high, before: low, interior: between };
  });
  const merged: PaddedAxis[] = [];
  for (const axis of axes) {
    const outer = merged.at(-1);
    if (outer === undefined || axis.input !== axis.output || outer.interior !== 0) merged.push(axis);
    else merged[merged.length - 1] = joined(outer, axis.input);
  }
  return merged;
}

function joined({ input, output, before }: PaddedAxis, inner: number): PaddedAxis {
  return { input: input * inner, output: output * inner, before: before * inner, interior: 0 };
}

function padDispatch(
  step: StepShape,
  axes: readonly PaddedAxis[],
  range: ElementRange,
  capabilities: Capabilities,
): Dispatch {
  const { value } = step.attributes as PadAttributes;
  const { type } = operand(step.inputs, 0);
  const last = axes.at(-1);
  const isVectorwise =
    last !== undefined && last.interior === 0 && [last.input, last.output, last.before].every((size) => size % 4 === 0);
  const width = isVectorwise ? 4 : 1;
  const element = isVectorwise ? storageVector(type.dtype) : storageElement(type.dtype);
  const groups = (elements: number): number => Math.ceil(elements / width);
  const { wgsl: storage, bindings } = declareStorage(
    step,
    [
      {
        name: "source",
        storage: { kind: "input", index: 0 },
        element,
        access: "read",
        count: groups(elementCount(type.shape)),
      },
      {
        name: "target",
        storage: { kind: "output", index: 0 },
        element,
        access: "write",
        first: groups(range.first),
        count: groups(range.count),
      },
    ],
    capabilities,
  );
  const filler = scalarProgram([], (_, builder) => [builder.constant(value, type.dtype)]);
  const fill = scalarStatements(filler, { inputs: [], coordinates: [], prefix: "fill" });
  const { workgroups, opening } = linearDispatch(groups(range.count), capabilities, WORKGROUP);
  const { statements, coordinates } = coordinatesOf(
    axes.map(({ output }) => output),
    "first",
    "at",
  );
  const places = axes.map((axis, at) => placeOf(axis, coordinates[at] ?? "0u"));
  const strides = rowMajorStrides(axes.map(({ input }) => input));
  const offset = offsetExpression(
    places.map(({ source }) => source),
    strides,
  );
  const isInside = type.shape.includes(0) ? ["false"] : places.flatMap(({ conditions }) => conditions);
  const copy = `value = read_source(${width === 4 ? `(${offset}) / 4u` : offset});`;
  const wgsl = `${enables({ f16: type.dtype === "f16" })}${storage}

${scalarFunctions(filler)}

${opening}
  let first = position * ${width}u + ${range.first}u;
${statements}
${fill.statements}
  var value = ${element}(${fill.outputs[0]});
  ${isInside.length === 0 ? copy : `if (${isInside.join(" && ")}) { ${copy} }`}
  write_target(position, value);
}`;
  return { wgsl, bindings, workgroups };
}

/** Where along an axis of the input the coordinate of an output lies, and under which conditions it lies there. */
function placeOf(
  { input, output, before, interior }: PaddedAxis,
  coordinate: string,
): { readonly source: string; readonly conditions: readonly string[] } {
  // Positions in front of the input wrap around, so that one comparison finds both ends.
  const place = before === 0 ? coordinate : `(${coordinate} - ${before}u)`;
  const source = interior === 0 ? place : `(${place} / ${interior + 1}u)`;
  if (input === output) return { source, conditions: [] };
  const isElement = interior === 0 ? [] : [`${place} % ${interior + 1}u == 0u`];
  return { source, conditions: [...isElement, `${source} < ${input}u`] };
}
