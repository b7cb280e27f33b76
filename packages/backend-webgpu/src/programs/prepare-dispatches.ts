// Compiles the shaders of planned dispatches, side by side, and puts their uniforms on the device.
import { bufferUsage } from "../device/gpu-flags.ts";
import type { PlannedDispatch } from "./planned-program.ts";
import type { CompiledShader, ShaderCache } from "./shader-cache.ts";
import { nameOfStep } from "./step-name.ts";
import { layOutUniforms } from "./uniform-windows.ts";

/** A dispatch that lacks nothing but the slots it runs on. */
export interface PreparedDispatch extends PlannedDispatch {
  readonly shader: CompiledShader;
  /** Group 1, where the shader has uniforms. */
  readonly uniformGroup: GPUBindGroup | undefined;
}

export interface PreparedDispatches {
  /** In the order of the planned ones. */
  readonly dispatches: readonly PreparedDispatch[];
  readonly uniforms: GPUBuffer | undefined;
}

/** Rejects with a BackendError where a shader does not compile. */
export async function prepareDispatches(
  device: GPUDevice,
  shaders: ShaderCache,
  planned: readonly PlannedDispatch[],
): Promise<PreparedDispatches> {
  const compiled = await Promise.all(
    planned.map(({ wgsl, bindings, uniforms, step }) =>
      shaders.compile({
        wgsl,
        accesses: bindings.map(({ access }) => access),
        hasUniforms: uniforms !== undefined,
        purpose: nameOfStep(step),
      }),
    ),
  );
  const { words, windows } = layOutUniforms(planned.map(({ uniforms }) => uniforms));
  const uniforms = words.byteLength === 0 ? undefined : uniformBuffer(device, words);
  const dispatches = planned.flatMap((dispatch, index): readonly PreparedDispatch[] => {
    const shader = compiled[index];
    if (shader === undefined) return [];
    const { uniformLayout } = shader;
    const window = windows[index];
    const uniformGroup =
      uniforms === undefined || uniformLayout === undefined || window === undefined
        ? undefined
        : device.createBindGroup({
            label: `uniforms of ${nameOfStep(dispatch.step)}`,
            layout: uniformLayout,
            entries: [{ binding: 0, resource: { buffer: uniforms, offset: window.offset, size: window.bytes } }],
          });
    return [{ ...dispatch, shader, uniformGroup }];
  });
  return { dispatches, uniforms };
}

function uniformBuffer(device: GPUDevice, words: Uint32Array<ArrayBuffer>): GPUBuffer {
  const usage = bufferUsage.uniform | bufferUsage.copyDestination;
  const buffer = device.createBuffer({ label: "uniforms", size: words.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, words);
  return buffer;
}
