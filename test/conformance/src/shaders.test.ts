// Every shader that could run a case, its gradients or AlexNet's training step is compiled by Dawn, on its adapter that executes
// nothing: all variants of all kernels, for the least adapter and for a GPU that no test machine has.
import { type Capabilities, leastCapabilities, waysToRun, webgpuBackendFor } from "@tandem/backend-webgpu";
import { type Graph, lowerToProgram, segmentsOf } from "@tandem/core";
import { beforeAll, describe, expect, test } from "vitest";
import { create, globals } from "webgpu";
import { alexnetStep } from "./alexnet-step.ts";
import { allCases } from "./cases/index.ts";
import { halfPrecisionFamilies } from "./half-precision.ts";
import { tracedGraphs } from "./support.ts";

Object.assign(globalThis, globals);

/** As a GPU of a data centre has them. */
const large: Capabilities = {
  ...leastCapabilities,
  f16: true,
  subgroups: { smallest: 32, largest: 32 },
  subgroupMatrices: [
    { componentType: "f16", resultComponentType: "f32", m: 16, n: 16, k: 16 },
    { componentType: "f16", resultComponentType: "f16", m: 16, n: 16, k: 16 },
    { componentType: "f32", resultComponentType: "f32", m: 8, n: 8, k: 8 },
  ],
  limits: {
    bindingBytes: 2 ** 32 - 4,
    bufferBytes: 2 ** 38,
    storageBindings: 16,
    workgroupBytes: 49152,
    invocations: 1024,
    workgroupsPerAxis: 65535,
    offsetAlignment: 16,
  },
};

const adapters: readonly { readonly adapter: string; readonly capabilities: Capabilities }[] = [
  { adapter: "the least adapter", capabilities: leastCapabilities },
  { adapter: "a large GPU", capabilities: large },
];

/** Thousands of shaders take half a minute where nothing else runs. */
const PATIENCE = 900_000;

/** Graphs of the cases and of AlexNet, in f16 too where the adapter has it. */
function graphsFor({ f16 }: Capabilities): readonly Graph[] {
  const halved = Object.values(halfPrecisionFamilies).flatMap((cases) => cases.map(({ inHalf }) => inHalf));
  const precisions = f16 ? (["f32", "f16"] as const) : (["f32"] as const);
  return [
    ...[...allCases, ...(f16 ? halved : [])].flatMap(tracedGraphs),
    ...precisions.flatMap((precision) => ([1, 2] as const).map((towers) => alexnetStep({ towers, precision }))),
  ];
}

interface Shader {
  /** The op, and the variant of its kernel. */
  readonly name: string;
  readonly wgsl: string;
}

/** Each text once; every dispatch is one that the adapter takes. */
function shadersFor(capabilities: Capabilities): readonly Shader[] {
  const backend = webgpuBackendFor(capabilities);
  const shaders = new Map<string, Shader>();
  for (const graph of graphsFor(capabilities)) {
    const stateInputs = new Set(graph.inputs.flatMap(({ name }) => (name.startsWith("state.") ? [name] : [])));
    const program = lowerToProgram(graph, { backends: [backend, backend], stateInputs });
    for (const step of program.devices.flatMap((device) => segmentsOf(device).flat())) {
      const ways = waysToRun(step, capabilities);
      expect(ways.length, step.op).toBeGreaterThan(0);
      for (const { variant = "", dispatches, fault } of ways) {
        const name = `${step.op} ${variant}`.trim();
        expect(fault, name).toBeUndefined();
        for (const { wgsl } of dispatches) shaders.set(wgsl, { name, wgsl });
      }
    }
  }
  return [...shaders.values()];
}

describe("Dawn compiles", () => {
  let device: GPUDevice;
  let instance: GPU;
  beforeAll(async () => {
    instance = create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
    const adapter = await instance.requestAdapter();
    if (adapter === null) throw new Error("Dawn has no adapter that executes nothing");
    device = await adapter.requestDevice({ requiredFeatures: [...adapter.features] as GPUFeatureName[] });
  });

  test.each(adapters)(
    "every shader for $adapter",
    async ({ capabilities }) => {
      const shaders = shadersFor(capabilities);
      expect(shaders.length).toBeGreaterThan(1000);
      expect(await refusals(device, shaders)).toEqual([]);
    },
    PATIENCE,
  );
});

/** What the compiler says against shaders. */
async function refusals(device: GPUDevice, shaders: readonly Shader[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, wgsl } of shaders) {
    device.pushErrorScope("validation");
    device.createShaderModule({ code: wgsl });
    const error = await device.popErrorScope();
    if (error !== null) found.push(`${name}: ${error.message}\n${wgsl}`);
  }
  return found;
}
