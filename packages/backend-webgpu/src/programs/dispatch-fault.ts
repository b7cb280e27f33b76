// What an adapter would refuse about a dispatch, found before anything runs.
import type { CapabilityLimits } from "../capabilities.ts";
import type { Dispatch } from "../shader/dispatch.ts";

const MOST_UNIFORM_WORDS = 64;

/** One line, or `undefined` where there is nothing to refuse. */
export function faultOf(
  { bindings, workgroups, uniforms = [] }: Omit<Dispatch, "wgsl">,
  limits: CapabilityLimits,
): string | undefined {
  const tooMany = workgroups.find((count) => count > limits.workgroupsPerAxis);
  if (tooMany !== undefined)
    return `it dispatches ${tooMany} workgroups on one axis of at most ${limits.workgroupsPerAxis}`;
  if (bindings.length > limits.storageBindings) {
    return `it binds ${bindings.length} windows of storage, of at most ${limits.storageBindings}`;
  }
  if (uniforms.length > MOST_UNIFORM_WORDS)
    return `it has ${uniforms.length} uniforms, of at most ${MOST_UNIFORM_WORDS}`;
  for (const [index, { bytes, offset }] of bindings.entries()) {
    if (bytes > limits.bindingBytes)
      return `binding ${index} is ${bytes} bytes long, of at most ${limits.bindingBytes}`;
    if (bytes <= 0 || bytes % 4 !== 0) return `binding ${index} is ${bytes} bytes long, not a multiple of 4`;
    if (offset % limits.offsetAlignment !== 0) {
      return `binding ${index} starts at byte ${offset}, not a multiple of ${limits.offsetAlignment}`;
    }
  }
  return undefined;
}
