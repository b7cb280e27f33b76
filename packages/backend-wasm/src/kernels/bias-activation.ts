// The epilogues that the library's kernels apply while they store: a bias for each column, a ReLU, or both.
import { operand, type ScalarProgram, type Shape, scalarArguments } from "@tandem/core";
import {
  epilogueLaunches,
  type Launch,
  type LaunchArgument,
  type LaunchTarget,
  type StepShape,
} from "@tandem/wasm-codegen";

const BIAS_OPERAND = 2;
export const NO_BIAS: LaunchArgument = { kind: "integer", value: 0 };

interface BiasActivation {
  readonly hasBias: boolean;
  readonly rectifies: boolean;
}

/** What a scalar value is, said of the result and the bias. */
type Meaning = "result" | "bias" | "biased result" | "rectified result" | "rectified biased result";

/** The epilogue as a bias and an activation, or `undefined` if it is anything else. `biasShape` is that of its one further operand. */
function biasActivation(
  epilogue: ScalarProgram | undefined,
  biasShape: Shape | undefined,
  columns: number,
): BiasActivation | undefined {
  if (epilogue === undefined) return { hasBias: false, rectifies: false };
  if (epilogue.inputs.length > 2 || epilogue.inputs.some((dtype) => dtype !== "f32")) return undefined;
  const isRow = biasShape === undefined || isRowOf(biasShape, columns);
  const meanings: (Meaning | undefined)[] = [];
  for (const instruction of epilogue.instructions) {
    const [a, b] = scalarArguments(instruction).map((position) => meanings[position]);
    if (instruction.op === "input") meanings.push(instruction.index === 0 ? "result" : isRow ? "bias" : undefined);
    else if (instruction.op === "add" && ((a === "result" && b === "bias") || (a === "bias" && b === "result")))
      meanings.push("biased result");
    else if (instruction.op === "relu" && (a === "result" || a === "biased result")) meanings.push(`rectified ${a}`);
    else return undefined;
  }
  switch (meanings[operand(epilogue.outputs, 0)]) {
    case "result":
      return { hasBias: false, rectifies: false };
    case "biased result":
      return { hasBias: true, rectifies: false };
    case "rectified result":
      return { hasBias: false, rectifies: true };
    case "rectified biased result":
      return { hasBias: true, rectifies: true };
    default:
      return undefined;
  }
}

function isRowOf(shape: Shape, columns: number): boolean {
  return shape.at(-1) === columns && shape.slice(0, -1).every((extent) => extent === 1);
}

interface FusedEpilogue {
  /** The address of the bias, or 0. */
  readonly bias: LaunchArgument;
  readonly rectifies: boolean;
  /** What has to run over the stored result. */
  readonly afterwards: readonly Launch[];
}

/** How a step's epilogue runs: while the result is stored, if it can, else afterwards. */
export function fusedEpilogue(
  step: StepShape,
  epilogue: ScalarProgram | undefined,
  columns: number,
  target: LaunchTarget,
): FusedEpilogue {
  const fused = biasActivation(epilogue, step.inputs[BIAS_OPERAND]?.type.shape, columns);
  if (fused === undefined) return separateEpilogue(step, epilogue, target);
  return {
    bias: fused.hasBias ? { kind: "input", index: BIAS_OPERAND, byteOffset: 0 } : NO_BIAS,
    rectifies: fused.rectifies,
    afterwards: [],
  };
}

/** The whole epilogue after the result is stored. */
export function separateEpilogue(
  step: StepShape,
  epilogue: ScalarProgram | undefined,
  target: LaunchTarget,
): FusedEpilogue {
  return { bias: NO_BIAS, rectifies: false, afterwards: epilogueLaunches(step, epilogue, target) };
}
