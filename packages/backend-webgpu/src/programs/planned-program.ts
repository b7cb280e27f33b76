// A program as the dispatches of its segments over slots: plain data, made once, when the program is loaded.
import { BackendError, type DeviceProgram, operand, type Step, segmentsOf } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import type { KernelDefinition, KernelTable } from "../kernel.ts";
import type { Binding, Dispatch, Storage } from "../shader/dispatch.ts";
import { faultOf } from "./dispatch-fault.ts";
import { nameOfStep } from "./step-name.ts";

export interface PlannedSegment {
  readonly steps: readonly Step[];
  /** In order; those of one step stand together. */
  readonly dispatches: readonly PlannedDispatch[];
}

export interface PlannedDispatch extends Omit<Dispatch, "bindings"> {
  readonly step: Step;
  readonly bindings: readonly SlotBinding[];
}

/** A window into a slot of the program. */
interface SlotBinding extends Omit<Binding, "storage"> {
  readonly slot: number;
}

export interface PlanSetting {
  readonly deviceName: string;
  readonly kernels: KernelTable;
  readonly capabilities: Capabilities;
  /** The variant of a step's kernel; the kernel's first one where it is `undefined`. */
  readonly variantOf: (step: Step) => string | undefined;
}

/** Throws BackendError for a step that no kernel takes, and for a dispatch that the adapter would refuse. */
export function planSegments(program: DeviceProgram, setting: PlanSetting): readonly PlannedSegment[] {
  return segmentsOf(program).map((steps) => ({
    steps,
    dispatches: steps.flatMap((step) => planStep(program, step, setting)),
  }));
}

/** The kernel of a step; throws BackendError where none takes it. */
function kernelFor(
  step: Step,
  { deviceName, kernels, capabilities }: Omit<PlanSetting, "variantOf">,
): KernelDefinition {
  const kernel = kernels.get(step.op);
  const inputs = step.inputs.map(({ type }) => type);
  const outputs = step.outputs.map(({ type }) => type);
  if (kernel?.supports({ inputs, outputs, attributes: step.attributes }, capabilities) === true) return kernel;
  throw new BackendError(`${deviceName} has no kernel for ${nameOfStep(step)} at these types`, {
    hint: "compile the program for the backend of this device; f64 runs on the reference backend: TANDEM_BACKEND=reference",
  });
}

function planStep(program: DeviceProgram, step: Step, setting: PlanSetting): readonly PlannedDispatch[] {
  const { capabilities, deviceName, variantOf } = setting;
  const dispatches = kernelFor(step, setting).dispatches(step, capabilities, variantOf(step));
  return dispatches.map(({ bindings, ...dispatch }): PlannedDispatch => {
    const fault = faultOf({ bindings, ...dispatch }, capabilities.limits);
    if (fault !== undefined) throw new BackendError(`${deviceName} cannot run ${nameOfStep(step)}: ${fault}`);
    return {
      ...dispatch,
      step,
      bindings: bindings.map(({ storage, ...window }) => ({ ...window, slot: slotOf(program, step, storage) })),
    };
  });
}

function slotOf({ scratchSlot }: DeviceProgram, step: Step, storage: Storage): number {
  switch (storage.kind) {
    case "input":
      return operand(step.inputs, storage.index).slot;
    case "output":
      return operand(step.outputs, storage.index).slot;
    case "scratch":
      if (scratchSlot !== undefined) return scratchSlot;
      throw new BackendError(`${nameOfStep(step)} uses a workspace that its kernel did not ask for`);
  }
}
