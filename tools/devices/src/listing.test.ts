import { type Capabilities, leastCapabilities } from "@tandem/backend-webgpu";
import { expect, test } from "vitest";
import { listingText } from "./listing-text.ts";
import { listingOf } from "./machine.ts";

const gpu: Capabilities = {
  ...leastCapabilities,
  adapter: "NVIDIA A10",
  driver: "NVIDIA 550.54",
  vendor: "nvidia",
  f16: true,
  subgroups: { smallest: 32, largest: 32 },
  timestamps: true,
  subgroupMatrices: [{ componentType: "f16", resultComponentType: "f32", m: 16, n: 16, k: 16 }],
};
const software: Capabilities = {
  ...leastCapabilities,
  adapter: "SwiftShader",
  driver: "SwiftShader 5",
  vendor: "google",
  isSoftware: true,
};

test("a GPU is listed with driver, limits and features, before what computes on the CPU, and is what auto takes", () => {
  expect(listingText(listingOf({ cores: 8, adapters: [gpu, software] }, {}))).toBe(
    `
Backends
  webgpu     one GPU, one adapter that computes on the CPU
  wasm       8 threads on 8 cores, shared by its devices (TANDEM_THREADS)
  tfjs       one thread a device
  reference  one thread a device: the meaning of every op, for tests

Adapters
  NVIDIA A10: hardware
    driver    NVIDIA 550.54 (nvidia)
    limits    binding 128 MiB, buffer 256 MiB, workgroup memory 16.0 KiB, 256 invocations, 8 bindings
    features  f16; subgroups of 32; timestamps; subgroup matrices 16x16x16 f16 to f32
  SwiftShader: software, on the CPU
    driver    SwiftShader 5 (google)
    limits    binding 128 MiB, buffer 256 MiB, workgroup memory 16.0 KiB, 256 invocations, 8 bindings
    features  none of f16, subgroups, timestamps, subgroup matrices
  TANDEM_DEVICES="webgpu:NVIDIA A10" asks for one; a part of its name is enough.

Where nothing is said
  webgpu:0 on NVIDIA A10 (TANDEM_BACKEND=auto: there is a GPU; one GPU)`.trimStart(),
  );
});

test("without a GPU it says that the machine's driver may be missing", () => {
  const text = listingText(listingOf({ cores: 1, adapters: [software, { ...software, adapter: "llvmpipe" }] }, {}));
  expect(text).toContain("  webgpu     no GPU, 2 adapters that compute on the CPU\n");
  expect(text).toContain("None of them is a GPU. If this machine has one, its driver was not found.");
  expect(text).toContain("no GPU found, only software: SwiftShader, llvmpipe; one core)");
});

test("without any adapter it says why, and what to install", () => {
  const whyNoAdapter = "no WebGPU adapter was found\n  try  apt install libvulkan1";
  const text = listingText(listingOf({ cores: 2, adapters: [], whyNoAdapter }, {}));
  expect(text).toContain("Adapters\n  no WebGPU adapter was found\n    try  apt install libvulkan1\n");
  expect(text).toContain("  webgpu     no adapter\n");
});

test("what the environment asks for is listed where it asks for something, and where that is wrong, why", () => {
  const machine = { cores: 2, adapters: [gpu] };
  expect(listingOf(machine, { TANDEM_BACKEND: " " }).environment).toBeUndefined();
  expect(listingOf(machine, { TANDEM_BACKEND: "wasm" }).environment).toMatchObject({ names: ["wasm:0", "wasm:1"] });
  const wrong = listingText(listingOf(machine, { TANDEM_DEVICES: "webgpu:Radeon" }));
  expect(wrong).toContain('As the environment is\n  TANDEM_DEVICES names the adapter "Radeon"');
  expect(wrong).toContain("the names are NVIDIA A10");
});
