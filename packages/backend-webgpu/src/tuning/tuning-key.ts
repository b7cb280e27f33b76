// What a measurement belongs to.
import { formatTensorType, type Step } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import type { KernelDefinition } from "../kernel.ts";

/**
 * Changes with the adapter, its driver, the step and whatever the kernel would dispatch, so that nothing is remembered of kernels
 * that are no more.
 */
export async function tuningKey(
  kernel: KernelDefinition,
  variants: readonly string[],
  step: Step,
  capabilities: Capabilities,
): Promise<string> {
  const { adapter, driver } = capabilities;
  const dispatches = variants.map((variant) => kernel.dispatches(step, capabilities, variant));
  const text = JSON.stringify([adapter, driver, step.op, typesOf(step), step.attributes, variants, dispatches]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function typesOf({ inputs, outputs }: Step): string {
  const format = (operands: Step["inputs"]): string => operands.map(({ type }) => formatTensorType(type)).join(" ");
  return `${format(inputs)} -> ${format(outputs)}`;
}
