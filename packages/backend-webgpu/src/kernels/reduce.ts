// Sums and extrema over axes, by trees in workgroup memory. Where few results have many elements, parts of them are reduced first,
// into the workspace.
import { byteLength, type DType, elementCount, operand, type ReduceAttributes, type ReduceKind } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable, type KernelDefinition, type StepShape } from "../kernel.ts";
import type { Dispatch, Storage } from "../shader/dispatch.ts";
import { enables } from "../shader/enables.ts";
import { storageElement } from "../shader/scalar.ts";
import { type ScalarFunction, scalarFunctionDefinitions } from "../shader/scalar-functions.ts";
import { bindingCount, declareStorage } from "../shader/storage.ts";
import {
  indexOfElement,
  placeInWorkgroup,
  REDUCTION_WORKGROUP,
  type Reduction,
  reductionOf,
  startOfResult,
  treeOverRows,
} from "./reduction.ts";

export const reduceKernel: KernelDefinition = {
  supports({ inputs, outputs, attributes }, capabilities) {
    if (!areStorable([...inputs, ...outputs], capabilities)) return false;
    const [input, output] = [operand(inputs, 0), operand(outputs, 0)];
    const { axes } = attributes as ReduceAttributes;
    const partsBytes = scratchBytesOf(reductionOf(input.shape, axes));
    const pairs =
      partsBytes === 0
        ? [[byteLength(input), byteLength(output)]]
        : [
            [byteLength(input), partsBytes],
            [partsBytes, byteLength(output)],
          ];
    return pairs.every((bytes) => bindingCount(bytes, capabilities) <= capabilities.limits.storageBindings);
  },
  scratchBytes: (step) => scratchBytesOf(reductionOfStep(step)),
  variants(step, { subgroups }) {
    const { kind } = step.attributes as ReduceAttributes;
    const reduction = reductionOfStep(step);
    // An extremum has to pass on NaN, which subgroups may lose.
    const isShared = reduction.columns === 1 && kind === "sum";
    return subgroups !== undefined && isShared ? ["tree", "subgroups"] : ["tree"];
  },
  dispatches(step, capabilities, variant = "tree") {
    const { kind } = step.attributes as ReduceAttributes;
    const [input, output] = [operand(step.inputs, 0).type, operand(step.outputs, 0).type];
    const reduction = reductionOfStep(step);
    if (reduction.results === 0) return [];
    const { parts, partLength } = partsOf(reduction);
    const usesSubgroups = variant === "subgroups";
    const accumulator = accumulatorElement(input.dtype);
    const source: Side = {
      storage: { kind: "input", index: 0 },
      element: storageElement(input.dtype),
      count: elementCount(input.shape),
    };
    const target: Side = {
      storage: { kind: "output", index: 0 },
      element: storageElement(output.dtype),
      count: reduction.results,
    };
    const how = { kind, accumulator, usesSubgroups, step, capabilities };
    if (parts === 1) return [reduceDispatch(how, reduction, source, target, 1, partLength)];
    const between: Side = { storage: { kind: "scratch" }, element: accumulator, count: parts * reduction.results };
    const ofParts = reductionOf([parts, reduction.results], [0]);
    return [
      reduceDispatch(how, reduction, source, between, parts, partLength),
      reduceDispatch(
        { ...how, usesSubgroups: usesSubgroups && ofParts.columns === 1 },
        ofParts,
        between,
        target,
        1,
        parts,
      ),
    ];
  },
};

function reductionOfStep(step: StepShape): Reduction {
  const { axes } = step.attributes as ReduceAttributes;
  return reductionOf(operand(step.inputs, 0).type.shape, axes);
}

/** Workgroups that keep a large adapter busy, and steps of an invocation that are worth a workgroup. */
const [MANY_WORKGROUPS, FEWEST_STEPS] = [1024, 8];
/** Into how many parts of which length the elements of each result are cut. */
function partsOf({ results, length, columns, rows }: Reduction): { parts: number; partLength: number } {
  const workgroups = Math.ceil(results / columns);
  const most = Math.ceil(length / (rows * FEWEST_STEPS));
  const wanted = Math.min(most, Math.ceil(MANY_WORKGROUPS / Math.max(1, workgroups)));
  if (wanted <= 1) return { parts: 1, partLength: length };
  const partLength = Math.ceil(length / wanted / rows) * rows;
  return { parts: Math.ceil(length / partLength), partLength };
}

function scratchBytesOf(reduction: Reduction): number {
  const { parts } = partsOf(reduction);
  return parts === 1 ? 0 : 4 * parts * reduction.results;
}

type Accumulator = "f32" | "i32" | "u32";

/** Sums of f16 are f32. */
function accumulatorElement(dtype: DType): Accumulator {
  const element = storageElement(dtype);
  return element === "f16" ? "f32" : element;
}

/** The value of no elements, and the functions that take in another. */
function foldOf(
  kind: ReduceKind,
  type: Accumulator,
): { initial: string; fold: (a: string, b: string) => string; calls: ScalarFunction[] } {
  switch (kind) {
    case "sum":
      return { initial: `${type}(0)`, fold: (a, b) => `${a} + ${b}`, calls: [] };
    case "max":
    case "min": {
      const isFloat = type === "f32";
      const name = isFloat ? ({ max: "largerOf", min: "smallerOf" } as const)[kind] : kind;
      const fold = (a: string, b: string): string => `${name}(${a}, ${b})`;
      const calls: ScalarFunction[] = isFloat ? ["f32FromBits", kind === "max" ? "largerOf" : "smallerOf"] : [];
      return { initial: extremes[kind][type], fold, calls };
    }
  }
}

const extremes = {
  max: { f32: "f32FromBits(0xff800000u)", i32: "i32(-2147483648)", u32: "0u" },
  min: { f32: "f32FromBits(0x7f800000u)", i32: "2147483647i", u32: "4294967295u" },
} satisfies Record<Exclude<ReduceKind, "sum">, Record<Accumulator, string>>;

interface Side {
  readonly storage: Storage;
  readonly element: "f32" | "i32" | "u32" | "f16";
  readonly count: number;
}

interface How {
  readonly kind: ReduceKind;
  readonly accumulator: Accumulator;
  readonly usesSubgroups: boolean;
  readonly step: StepShape;
  readonly capabilities: Capabilities;
}

/** Reduces each part of each result: result r of part p is element p * results + r of the target. */
function reduceDispatch(
  { kind, accumulator, usesSubgroups, step, capabilities }: How,
  reduction: Reduction,
  source: Side,
  target: Side,
  parts: number,
  partLength: number,
): Dispatch {
  const { results, length, columns, rows } = reduction;
  const { initial, fold, calls } = foldOf(kind, accumulator);
  const { wgsl: storage, bindings } = declareStorage(
    step,
    [
      { name: "source", access: "read", ...source },
      { name: "target", access: "write", ...target },
    ],
    capabilities,
  );
  const tiles = Math.ceil(results / columns);
  const { workgroupsPerAxis } = capabilities.limits;
  const workgroups = [Math.min(tiles, workgroupsPerAxis), Math.ceil(tiles / workgroupsPerAxis), parts] as const;
  const builtins = usesSubgroups
    ? ", @builtin(subgroup_invocation_id) subgroupLane: u32, @builtin(subgroup_size) subgroupSize: u32"
    : "";
  const combine = usesSubgroups
    ? sumOverSubgroups(accumulator)
    : treeOverRows(reduction, (other) => `partials[lane] = ${fold("partials[lane]", `partials[${other}]`)};`);
  const wgsl = `${enables({ f16: [source, target].some(({ element }) => element === "f16"), subgroups: usesSubgroups })}${storage}

${scalarFunctionDefinitions(calls)}

var<workgroup> partials: array<${accumulator}, ${REDUCTION_WORKGROUP}>;

fn partialOf(result: u32, first: u32, end: u32) -> ${accumulator} {
${startOfResult(reduction)}
  var partial = ${initial};
  for (var element = first; element < end; element += ${rows}u) {
${indexOfElement(reduction)}
    partial = ${fold("partial", `${accumulator}(read_source(index))`)};
  }
  return partial;
}

@compute @workgroup_size(${REDUCTION_WORKGROUP})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32${builtins}) {
${placeInWorkgroup(reduction)}
  let result = (workgroup.y * ${workgroups[0]}u + workgroup.x) * ${columns}u + column;
  let first = workgroup.z * ${partLength}u;
  var total = ${initial};
  if (result < ${results}u) { total = partialOf(result, first + row, min(first + ${partLength}u, ${length}u)); }
  partials[lane] = total;
${combine}
  if (row == 0u && result < ${results}u) {
    write_target(workgroup.z * ${results}u + result, ${target.element}(partials[lane]));
  }
}`;
  return { wgsl, bindings, workgroups };
}

/** A sum of each subgroup, then in each subgroup a sum of those: whichever invocations a subgroup has. */
function sumOverSubgroups(accumulator: Accumulator): string {
  return `  let subtotal = subgroupAdd(total);
  workgroupBarrier();
  partials[lane] = select(${accumulator}(0), subtotal, subgroupLane == 0u);
  workgroupBarrier();
  var rest = ${accumulator}(0);
  for (var other = subgroupLane; other < ${REDUCTION_WORKGROUP}u; other += subgroupSize) { rest += partials[other]; }
  let sum = subgroupAdd(rest);
  workgroupBarrier();
  partials[lane] = sum;`;
}
