import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backendNames } from "../backends.ts";
import type { AdapterFacts } from "./adapters.ts";
import { type ChosenDevice, type Circumstances, chooseDevices, describeChoice, nameOf } from "./choose-devices.ts";
import { dependsOnAdapters, parseRequest } from "./device-request.ts";
import type { DeviceEnvironment } from "./environment.ts";

const gpu = (adapter: string): AdapterFacts => ({ adapter, isSoftware: false });
const software = (adapter: string): AdapterFacts => ({ adapter, isSoftware: true });
const swiftShader = software("SwiftShader");
const nvidia = gpu("NVIDIA");
const intel = gpu("Intel");

/** As `webgpu:0 on NVIDIA`. */
const textOf = (device: ChosenDevice): string =>
  device.adapter === undefined ? nameOf(device) : `${nameOf(device)} on ${device.adapter}`;

const choices: readonly {
  readonly environment: DeviceEnvironment;
  readonly circumstances?: Partial<Circumstances>;
  readonly names: readonly string[];
}[] = [
  { environment: {}, names: ["wasm:0", "wasm:1"] },
  { environment: {}, circumstances: { cores: 1 }, names: ["wasm:0"] },
  { environment: {}, circumstances: { usefulDevices: 1 }, names: ["wasm:0"] },
  { environment: { TANDEM_THREADS: "1" }, names: ["wasm:0"] },
  { environment: { TANDEM_BACKEND: "", TANDEM_DEVICES: " ", TANDEM_THREADS: "" }, names: ["wasm:0", "wasm:1"] },
  { environment: { TANDEM_BACKEND: "auto" }, names: ["wasm:0", "wasm:1"] },
  { environment: { TANDEM_BACKEND: "tfjs" }, names: ["tfjs:0", "tfjs:1"] },
  { environment: { TANDEM_BACKEND: "reference" }, names: ["reference:0", "reference:1"] },
  { environment: { TANDEM_BACKEND: "reference", TANDEM_DEVICES: "1" }, names: ["reference:0"] },
  { environment: { TANDEM_DEVICES: "3" }, circumstances: { cores: 1 }, names: ["wasm:0", "wasm:1", "wasm:2"] },
  { environment: { TANDEM_DEVICES: "2" }, circumstances: { usefulDevices: 1 }, names: ["wasm:0", "wasm:1"] },
  { environment: { TANDEM_DEVICES: "tfjs:1, tfjs:0" }, names: ["tfjs:1", "tfjs:0"] },
  { environment: { TANDEM_DEVICES: "tfjs:0,reference:0" }, names: ["tfjs:0", "reference:0"] },
  { environment: { TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "tfjs:4" }, names: ["tfjs:4"] },
  { environment: { TANDEM_DEVICES: "wasm,wasm" }, names: ["wasm:0", "wasm:1"] },
  { environment: { TANDEM_DEVICES: "wasm,wasm:0,wasm" }, names: ["wasm:1", "wasm:0", "wasm:2"] },
  { environment: { TANDEM_DEVICES: "wasm{A=1},wasm{A=2}" }, names: ["wasm:0", "wasm:1"] },
  // A GPU is taken where there is one; an adapter that is software never is.
  { environment: {}, circumstances: { adapters: [nvidia] }, names: ["webgpu:0 on NVIDIA"] },
  { environment: {}, circumstances: { adapters: [swiftShader] }, names: ["wasm:0", "wasm:1"] },
  { environment: {}, circumstances: { adapters: [nvidia, swiftShader] }, names: ["webgpu:0 on NVIDIA"] },
  {
    environment: {},
    circumstances: { adapters: [nvidia, intel] },
    names: ["webgpu:0 on NVIDIA", "webgpu:1 on Intel"],
  },
  { environment: {}, circumstances: { adapters: [nvidia, intel], usefulDevices: 1 }, names: ["webgpu:0 on NVIDIA"] },
  {
    environment: { TANDEM_DEVICES: "2" },
    circumstances: { adapters: [nvidia] },
    names: ["webgpu:0 on NVIDIA", "webgpu:1 on NVIDIA"],
  },
  { environment: { TANDEM_THREADS: "1" }, circumstances: { adapters: [nvidia] }, names: ["webgpu:0 on NVIDIA"] },
  { environment: { TANDEM_BACKEND: "wasm" }, circumstances: { adapters: [nvidia] }, names: ["wasm:0", "wasm:1"] },
  {
    environment: { TANDEM_BACKEND: "webgpu" },
    circumstances: { adapters: [swiftShader] },
    names: ["webgpu:0 on SwiftShader"],
  },
  { environment: { TANDEM_BACKEND: "webgpu" }, names: ["webgpu:0"] },
  {
    environment: { TANDEM_BACKEND: "webgpu", TANDEM_DEVICES: "3" },
    circumstances: { adapters: [nvidia, intel, swiftShader] },
    names: ["webgpu:0 on NVIDIA", "webgpu:1 on Intel", "webgpu:2 on NVIDIA"],
  },
  {
    environment: { TANDEM_BACKEND: "webgpu", TANDEM_DEVICES: "2" },
    circumstances: { adapters: [swiftShader, software("llvmpipe")] },
    names: ["webgpu:0 on SwiftShader", "webgpu:1 on llvmpipe"],
  },
  {
    environment: { TANDEM_DEVICES: "webgpu:nvidia,webgpu:swift" },
    circumstances: { adapters: [nvidia, swiftShader] },
    names: ["webgpu:0 on NVIDIA", "webgpu:1 on SwiftShader"],
  },
  {
    environment: { TANDEM_DEVICES: "webgpu:NVIDIA,webgpu:NVIDIA" },
    circumstances: { adapters: [nvidia, intel] },
    names: ["webgpu:0 on NVIDIA", "webgpu:1 on NVIDIA"],
  },
  {
    environment: { TANDEM_DEVICES: "webgpu,wasm" },
    circumstances: { adapters: [nvidia] },
    names: ["webgpu:0 on NVIDIA", "wasm:0"],
  },
];

test.each(choices)("$environment, $circumstances give $names", ({ environment, circumstances, names }) => {
  expect(chooseDevices(environment, { cores: 8, ...circumstances }).devices.map(textOf)).toEqual(names);
});

test.each<[string, readonly unknown[]]>([
  [
    "webgpu{A=1},webgpu{A=2}",
    [
      { kind: "number", number: 0 },
      { kind: "number", number: 0 },
    ],
  ],
  ["webgpu:1{A=1}", [{ kind: "number", number: 1 }]],
  ["webgpu:NVIDIA{A=1}", [{ kind: "name", name: "NVIDIA" }]],
])("which adapter %s means is found out in its own process", (TANDEM_DEVICES, selectors) => {
  const { devices } = chooseDevices({ TANDEM_DEVICES }, { cores: 8, adapters: [swiftShader] });
  expect(devices.map((device) => device.process?.selector)).toEqual(selectors);
  expect(devices.map(({ adapter }) => adapter)).toEqual(selectors.map(() => undefined));
});

test.each<[DeviceEnvironment, boolean]>([
  [{}, true],
  [{ TANDEM_BACKEND: "auto", TANDEM_DEVICES: "2" }, true],
  [{ TANDEM_BACKEND: "webgpu" }, true],
  [{ TANDEM_DEVICES: "wasm,webgpu" }, true],
  [{ TANDEM_BACKEND: "wasm" }, false],
  [{ TANDEM_BACKEND: "reference", TANDEM_DEVICES: "2" }, false],
  [{ TANDEM_DEVICES: "wasm,tfjs" }, false],
  [{ TANDEM_DEVICES: "webgpu{A=1}" }, false],
])("%j depends on adapters: %s", (environment, depends) => {
  expect(dependsOnAdapters(parseRequest(environment))).toBe(depends);
});

test("any list of different devices is taken as it is", () => {
  const device = fc.record({ backend: fc.constantFrom(...backendNames), index: fc.nat(99) });
  const lists = fc.uniqueArray(device, { minLength: 1, maxLength: 8, selector: nameOf });
  fc.assert(
    fc.property(lists, (devices) => {
      const choice = chooseDevices({ TANDEM_DEVICES: devices.map(nameOf).join(",") }, { cores: 1 });
      expect(choice.devices).toEqual(
        devices.map((chosen) => ({ ...chosen, threads: chosen.backend === "webgpu" ? 0 : 1 })),
      );
    }),
  );
});

test("the next devices of a backend take the numbers that are free", () => {
  const numbers = fc.array(fc.option(fc.nat(5)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(numbers, (wanted) => {
      const explicit = wanted.filter((index) => index !== null);
      fc.pre(new Set(explicit).size === explicit.length);
      const list = wanted.map((index) => (index === null ? "wasm" : `wasm:${index}`)).join(",");
      const found = chooseDevices({ TANDEM_DEVICES: list }, { cores: 1 }).devices.map(({ index }) => index);
      expect(new Set(found).size).toBe(wanted.length);
      for (const [position, index] of wanted.entries()) if (index !== null) expect(found[position]).toBe(index);
    }),
  );
});

describe("threads are shared among the devices that compute on them", () => {
  test.each<[DeviceEnvironment, number, readonly number[]]>([
    [{}, 2, [1, 1]],
    [{}, 8, [4, 4]],
    [{}, 3, [2, 1]],
    [{ TANDEM_DEVICES: "1" }, 8, [8]],
    [{ TANDEM_DEVICES: "3" }, 2, [1, 1, 1]],
    [{ TANDEM_THREADS: "4" }, 2, [2, 2]],
    [{ TANDEM_THREADS: "4", TANDEM_DEVICES: "wasm:0,wasm:1,wasm:2" }, 8, [2, 1, 1]],
    [{ TANDEM_DEVICES: "webgpu,wasm" }, 8, [0, 8]],
    [{ TANDEM_THREADS: "1", TANDEM_DEVICES: "webgpu,webgpu,wasm" }, 8, [0, 0, 1]],
    [{ TANDEM_BACKEND: "webgpu", TANDEM_THREADS: "1", TANDEM_DEVICES: "2" }, 8, [0, 0]],
  ])("%j on %i cores: %j", (environment, cores, threads) => {
    expect(chooseDevices(environment, { cores }).devices.map((device) => device.threads)).toEqual(threads);
  });
});

test.each([
  [undefined, "auto"],
  ["", "auto"],
  ["auto", "auto"],
  ["strict", "strict"],
])("TANDEM_WASM=%s means %s SIMD", (TANDEM_WASM, simd) => {
  expect(chooseDevices({ TANDEM_WASM }, { cores: 2 }).simd).toBe(simd);
});

test.each([
  [undefined, "on"],
  ["", "on"],
  ["on", "on"],
  ["off", "off"],
  ["force", "force"],
])("TANDEM_TUNE=%s means tuning is %s", (TANDEM_TUNE, tune) => {
  expect(chooseDevices({ TANDEM_TUNE }, { cores: 2 }).tune).toBe(tune);
});

describe("the description says which devices, and why", () => {
  test.each<[DeviceEnvironment, Partial<Circumstances>, string]>([
    [{}, {}, "wasm:0 with 4 threads, wasm:1 with 4 threads (TANDEM_BACKEND=auto: no GPU found; 8 cores)"],
    [
      {},
      { adapters: [swiftShader, software("llvmpipe")], usefulDevices: 1 },
      "wasm:0 with 8 threads (TANDEM_BACKEND=auto: no GPU found, only software: SwiftShader, llvmpipe; 8 cores)",
    ],
    [
      {},
      { searchFailure: "Dawn is not installed", usefulDevices: 1 },
      "wasm:0 with 8 threads (TANDEM_BACKEND=auto: no GPU, since Dawn is not installed; 8 cores)",
    ],
    [{}, { adapters: [nvidia] }, "webgpu:0 on NVIDIA (TANDEM_BACKEND=auto: there is a GPU; one GPU)"],
    [
      { TANDEM_BACKEND: "webgpu", TANDEM_TUNE: "off" },
      { adapters: [nvidia, intel] },
      "webgpu:0 on NVIDIA, webgpu:1 on Intel (TANDEM_BACKEND=webgpu; 2 GPUs; TANDEM_TUNE=off)",
    ],
    [
      { TANDEM_BACKEND: "webgpu" },
      { adapters: [swiftShader] },
      "webgpu:0 on SwiftShader (TANDEM_BACKEND=webgpu; no GPU)",
    ],
    [
      { TANDEM_DEVICES: "webgpu{A=1},wasm" },
      {},
      "webgpu:0 in a process of its own, wasm:0 with 8 threads (TANDEM_DEVICES=webgpu{A=1},wasm)",
    ],
    [
      { TANDEM_BACKEND: "wasm", TANDEM_THREADS: "1", TANDEM_WASM: "strict" },
      {},
      "wasm:0 with one thread (TANDEM_BACKEND=wasm; 8 cores; TANDEM_THREADS=1; TANDEM_WASM=strict)",
    ],
    [
      { TANDEM_BACKEND: "reference", TANDEM_DEVICES: "1" },
      {},
      "reference:0 (TANDEM_BACKEND=reference; TANDEM_DEVICES=1)",
    ],
    [{ TANDEM_DEVICES: "tfjs:0,reference:0" }, {}, "tfjs:0, reference:0 (TANDEM_DEVICES=tfjs:0,reference:0)"],
  ])("%j, %j", (environment, circumstances, description) => {
    expect(describeChoice(chooseDevices(environment, { cores: 8, ...circumstances }))).toBe(description);
  });
});

describe("values without a meaning are refused", () => {
  test.each<[DeviceEnvironment, string, string]>([
    [
      { TANDEM_BACKEND: "cuda" },
      'TANDEM_BACKEND names the backend "cuda", which does not exist',
      "auto, webgpu, wasm, tfjs, reference",
    ],
    [{ TANDEM_BACKEND: "toString" }, 'names the backend "toString"', "auto, webgpu, wasm, tfjs, reference"],
    [
      { TANDEM_DEVICES: "cuda:0" },
      'TANDEM_DEVICES names the backend "cuda", which does not exist',
      "webgpu, wasm, tfjs, reference",
    ],
    [{ TANDEM_DEVICES: "0" }, "TANDEM_DEVICES=0 is not a number of devices from 1 to 64", "TANDEM_DEVICES"],
    [{ TANDEM_DEVICES: "tfjs:0,tfjs:0" }, "TANDEM_DEVICES names tfjs:0 twice", "TANDEM_DEVICES"],
    [
      { TANDEM_DEVICES: new Array(65).fill("wasm").join(",") },
      "TANDEM_DEVICES lists 65 devices; the most are 64",
      "TANDEM_DEVICES",
    ],
    [
      { TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "reference:0" },
      "TANDEM_DEVICES names a device of reference, but TANDEM_BACKEND is tfjs",
      "leave TANDEM_BACKEND out",
    ],
    [{ TANDEM_DEVICES: "webgpu:Radeon" }, 'the adapter "Radeon", which does not exist', "NVIDIA, SwiftShader"],
    [{ TANDEM_THREADS: "0" }, "TANDEM_THREADS=0 is not a number of threads from 1 to 1024", "TANDEM_THREADS"],
    [{ TANDEM_THREADS: "1.5" }, "TANDEM_THREADS=1.5 is not a number of threads", "TANDEM_THREADS"],
    [
      { TANDEM_THREADS: "1", TANDEM_BACKEND: "wasm", TANDEM_DEVICES: "2" },
      "TANDEM_THREADS=1 is less than one for each of 2 devices",
      "TANDEM_DEVICES to at most 1",
    ],
    [{ TANDEM_WASM: "fast" }, "TANDEM_WASM=fast is not one of auto and strict", "TANDEM_WASM"],
    [{ TANDEM_TUNE: "yes" }, "TANDEM_TUNE=yes is not one of on, off and force", "TANDEM_TUNE"],
  ])("%j", (environment, message, hint) => {
    const choose = (): unknown => chooseDevices(environment, { cores: 8, adapters: [nvidia, swiftShader] });
    expect(choose).toThrow(message);
    expect(choose).toThrow(hint);
  });
});
