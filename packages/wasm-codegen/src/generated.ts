// A function compiled for the shapes of a step, before it is said what its addresses are.
import type { Code } from "./encoding/code.ts";
import { type Locals, moduleBytes } from "./encoding/module.ts";
import type { LaunchTarget } from "./kernel.ts";
import type { Launch, LaunchArgument, LaunchFunction } from "./launch.ts";

export interface GeneratedFunction extends Pick<Launch, "tiles"> {
  readonly function: Extract<LaunchFunction, { readonly kind: "generated" }>;
}

/** `key` tells the function from all others; the memory it is for need not be in it. */
export function generatedFunction(
  key: string,
  { sharedMemory }: LaunchTarget,
  {
    locals,
    statements,
    tiles,
  }: { readonly locals: Locals; readonly statements: readonly Code[]; readonly tiles: number },
): GeneratedFunction {
  const module = moduleBytes(locals, statements, { sharedMemory });
  return { function: { kind: "generated", key: sharedMemory ? `${key} shared` : key, module }, tiles };
}

/** The launches of a function; none where it has no work. */
export function launchesOf(
  generated: GeneratedFunction,
  ...launchArguments: readonly LaunchArgument[]
): readonly Launch[] {
  return generated.tiles === 0 ? [] : [{ ...generated, arguments: launchArguments }];
}

const BYTES = 4;

/** Operands of a step, from element `start` on. */
export function input(index: number, start = 0): LaunchArgument {
  return { kind: "input", index, byteOffset: BYTES * start };
}

export function output(index: number, start = 0): LaunchArgument {
  return { kind: "output", index, byteOffset: BYTES * start };
}

/** An element of the workspace that threads share. */
export function scratch(start: number): LaunchArgument {
  return { kind: "scratch", byteOffset: BYTES * start };
}
