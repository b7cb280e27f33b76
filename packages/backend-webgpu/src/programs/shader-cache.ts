// The compiled shaders of a device, by their text.
import { BackendError } from "@tandem/core";
import { COMPUTE_STAGE } from "../device/gpu-flags.ts";
import type { Binding } from "../shader/dispatch.ts";

export interface CompiledShader {
  readonly pipeline: GPUComputePipeline;
  readonly storageLayout: GPUBindGroupLayout;
  /** Where the shader has uniforms. */
  readonly uniformLayout: GPUBindGroupLayout | undefined;
}

export interface ShaderRequest {
  readonly wgsl: string;
  /** Of each binding of group 0, in order. */
  readonly accesses: readonly Binding["access"][];
  readonly hasUniforms: boolean;
  /** What needs it first, such as `conv2d of conv1`. */
  readonly purpose: string;
}

/** Loaded programs hold theirs; beyond this many the oldest are forgotten. */
const MOST_KEPT = 2048;

export class ShaderCache {
  readonly #name: string;
  readonly #device: GPUDevice;
  readonly #shaders = new Map<string, Promise<CompiledShader>>();
  readonly #storageLayouts = new Map<string, GPUBindGroupLayout>();
  readonly #uniformLayout: GPUBindGroupLayout;

  constructor(name: string, device: GPUDevice) {
    this.#name = name;
    this.#device = device;
    this.#uniformLayout = device.createBindGroupLayout({
      label: "uniforms",
      entries: [{ binding: 0, visibility: COMPUTE_STAGE, buffer: { type: "uniform" } }],
    });
  }

  /** Compiles beside whatever else is being compiled. Rejects with a BackendError that quotes the compiler and the line. */
  compile(request: ShaderRequest): Promise<CompiledShader> {
    const key = `${request.accesses.join()}${request.hasUniforms ? " uniforms" : ""}\n${request.wgsl}`;
    const known = this.#shaders.get(key);
    if (known !== undefined) return known;
    const compiled = this.#compile(request);
    this.#shaders.set(key, compiled);
    compiled.catch(() => this.#shaders.delete(key));
    const [oldest] = this.#shaders.keys();
    if (this.#shaders.size > MOST_KEPT && oldest !== undefined) this.#shaders.delete(oldest);
    return compiled;
  }

  async #compile({ wgsl, accesses, hasUniforms, purpose }: ShaderRequest): Promise<CompiledShader> {
    const storageLayout = this.#storageLayout(accesses);
    const uniformLayout = hasUniforms ? this.#uniformLayout : undefined;
    const bindGroupLayouts = [storageLayout, ...(uniformLayout === undefined ? [] : [uniformLayout])];
    this.#device.pushErrorScope("validation");
    const layout = this.#device.createPipelineLayout({ label: purpose, bindGroupLayouts });
    const module = this.#device.createShaderModule({ label: purpose, code: wgsl });
    const refusal = this.#device.popErrorScope();
    const compiling = this.#device.createComputePipelineAsync({ label: purpose, layout, compute: { module } });
    const [pipeline, refused] = await Promise.allSettled([compiling, refusal]);
    const error = refused.status === "fulfilled" ? refused.value : null;
    if (pipeline.status === "fulfilled" && error === null)
      return { pipeline: pipeline.value, storageLayout, uniformLayout };
    const cause: unknown = pipeline.status === "rejected" ? pipeline.reason : error;
    const complaint = (await complaintAbout(module, wgsl)) ?? messageOf(error ?? cause);
    throw new BackendError(`${this.#name} cannot compile ${purpose}: ${complaint}`, { cause });
  }

  #storageLayout(accesses: ShaderRequest["accesses"]): GPUBindGroupLayout {
    const key = accesses.join();
    const known = this.#storageLayouts.get(key);
    if (known !== undefined) return known;
    const layout = this.#device.createBindGroupLayout({
      label: `storage ${key}`,
      entries: accesses.map((access, binding) => ({
        binding,
        visibility: COMPUTE_STAGE,
        buffer: { type: access === "read" ? "read-only-storage" : "storage" },
      })),
    });
    this.#storageLayouts.set(key, layout);
    return layout;
  }
}

/** The compiler's first error, with the line it is about; `undefined` where the text is right. */
async function complaintAbout(module: GPUShaderModule, wgsl: string): Promise<string | undefined> {
  const { messages } = await module.getCompilationInfo();
  const first = messages.find(({ type }) => type === "error");
  if (first === undefined) return undefined;
  const line = wgsl.split("\n")[first.lineNum - 1]?.trim() ?? "";
  return `${first.message}\n  line ${first.lineNum}: ${line}`;
}

function messageOf(cause: unknown): string {
  return cause !== null && typeof cause === "object" && "message" in cause ? String(cause.message) : String(cause);
}
