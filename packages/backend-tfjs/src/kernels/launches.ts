// Running launches of generated kernels one after the other.
import { BackendError } from "@tandem/core";
import type { KernelDefinition as GeneratedKernel, Launch, LaunchArgument } from "@tandem/wasm-codegen";
import type { Machine } from "../machine.ts";
import type { KernelDefinition, PreparedKernel } from "./kernel.ts";

export function generatedKernel(kernel: GeneratedKernel): KernelDefinition {
  const scratchBytes = kernel.scratchBytes?.bind(kernel);
  return {
    supports: (inputs, outputs, attributes) => kernel.supports(inputs, outputs, attributes),
    ...(scratchBytes !== undefined && { scratchBytes }),
    prepare: (step, machine) => preparedLaunches(machine, kernel.launches(step, machine.target), scratchBytes?.(step)),
  };
}

/** Launches of generated functions, with this much workspace. */
export function preparedLaunches(machine: Machine, launches: readonly Launch[], scratchBytes = 0): PreparedKernel {
  const prepared = launches.map((launch) => {
    const { function: called, arguments: launchArguments, tiles } = launch;
    if (called.kind !== "generated") throw new BackendError(`tfjs has no library with ${called.name}`);
    return { run: machine.compiled({ function: called, tiles }), launchArguments };
  });
  return (inputs, outputs) => {
    machine.heap.withWorkspace(scratchBytes === 0 ? [] : [scratchBytes / 4], (scratch = 0) => {
      for (const { run, launchArguments } of prepared) {
        run(...launchArguments.map((argument) => resolved(argument, { input: inputs, output: outputs, scratch })));
      }
    });
  };
}

interface Addresses {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly scratch: number;
}

function resolved(argument: LaunchArgument, addresses: Addresses): number {
  switch (argument.kind) {
    case "input":
    case "output":
      return (addresses[argument.kind][argument.index] ?? 0) + argument.byteOffset;
    case "scratch":
      return addresses.scratch + argument.byteOffset;
    case "threadWorkspace":
      return addresses.scratch;
    case "integer":
      return argument.value;
  }
}
