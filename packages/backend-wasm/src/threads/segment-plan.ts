// A segment of a program as the list of its launches: plain data, of which every thread gets a copy.
import { BackendError, type DeviceProgram, type Operand, operand, type Step } from "@tandem/core";
import type { Launch, LaunchArgument, LaunchFunction } from "@tandem/wasm-codegen";
import { kernels } from "../kernels/index.ts";

export interface SegmentPlan {
  readonly launches: readonly PlannedLaunch[];
}

export interface PlannedLaunch {
  /** Index of its step in the segment. */
  readonly step: number;
  readonly function: FunctionReference;
  readonly tiles: number;
  /** Whether threads share the tiles, or the device's own thread runs them all. */
  readonly isShared: boolean;
  /** All arguments after the tile; 0 where an address goes. */
  readonly arguments: readonly number[];
  readonly addresses: readonly PlannedAddress[];
  readonly workspaces: readonly PlannedWorkspace[];
}

export type FunctionReference =
  | Pick<Extract<LaunchFunction, { kind: "library" }>, "kind" | "name">
  | GeneratedReference;
type GeneratedReference = Pick<Extract<LaunchFunction, { kind: "generated" }>, "kind" | "key">;

/** The argument at `position` is the address of a slot of the program, plus an offset. */
export interface PlannedAddress {
  readonly position: number;
  readonly slot: number;
  readonly byteOffset: number;
}

/** The argument at `position` is the address of the thread's workspace, which begins with these words. */
interface PlannedWorkspace {
  readonly position: number;
  readonly words: readonly number[];
}

export interface PlannedSegment {
  readonly steps: readonly Step[];
  readonly plan: SegmentPlan;
}

/** Throws BackendError for a step that no kernel takes. Adds the modules of generated functions to `modules`, by their keys. */
export function planSegment(
  deviceName: string,
  program: DeviceProgram,
  steps: readonly Step[],
  modules: Map<string, Uint8Array<ArrayBuffer>>,
): PlannedSegment {
  const launches = steps.flatMap((step, index) =>
    launchesOf(deviceName, step).map((launch): PlannedLaunch => {
      if (launch.function.kind === "generated") modules.set(launch.function.key, launch.function.module);
      return planLaunch(program, step, index, launch);
    }),
  );
  return { steps, plan: { launches } };
}

function launchesOf(deviceName: string, step: Step): readonly Launch[] {
  const kernel = kernels.get(step.op);
  const types = (operands: readonly Operand[]) => operands.map(({ type }) => type);
  if (kernel?.supports(types(step.inputs), types(step.outputs), step.attributes) !== true) {
    throw new BackendError(`${deviceName} has no kernel for ${step.op} of ${placeOf(step)} at these types`, {
      hint: "f64 and f16 run on the reference backend: TANDEM_BACKEND=reference",
    });
  }
  return kernel.launches(step, { sharedMemory: true });
}

function planLaunch(program: DeviceProgram, step: Step, index: number, launch: Launch): PlannedLaunch {
  const { function: target } = launch;
  const addresses: PlannedAddress[] = [];
  const workspaces: PlannedWorkspace[] = [];
  const values = launch.arguments.map((argument, position): number => {
    if (argument.kind === "integer") return argument.value | 0;
    if (argument.kind === "threadWorkspace") workspaces.push({ position, words: argument.words });
    else addresses.push({ position, slot: slotOf(program, step, argument), byteOffset: argument.byteOffset });
    return 0;
  });
  return {
    step: index,
    function: target.kind === "library" ? target : { kind: target.kind, key: target.key },
    tiles: launch.tiles,
    isShared: launch.tiles > 1 && estimatedMicroseconds(step) >= WORTH_SHARING_MICROSECONDS,
    arguments: values,
    addresses,
    workspaces,
  };
}

/** Handing tiles out takes a few microseconds: threads wait for each other after every launch. */
const WORTH_SHARING_MICROSECONDS = 10;
/** What one thread of an ordinary core does. */
const FLOPS_PER_MICROSECOND = 20_000;
const BYTES_PER_MICROSECOND = 10_000;

function estimatedMicroseconds({ flops, bytesMoved }: Step): number {
  return Math.max(flops / FLOPS_PER_MICROSECOND, bytesMoved / BYTES_PER_MICROSECOND);
}

function slotOf(
  program: DeviceProgram,
  step: Step,
  argument: Extract<LaunchArgument, { kind: "input" | "output" | "scratch" }>,
): number {
  if (argument.kind !== "scratch") {
    return operand(argument.kind === "input" ? step.inputs : step.outputs, argument.index).slot;
  }
  if (program.scratchSlot !== undefined) return program.scratchSlot;
  throw new BackendError(`${step.op} of ${placeOf(step)} uses a workspace that its kernel did not ask for`);
}

/** Where a step comes from, for errors. */
export function placeOf({ scope }: Step): string {
  return scope === "" ? "the top level" : scope;
}
