import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backendNames } from "../backends.ts";
import { type Circumstances, chooseDevices, nameOf } from "./choose-devices.ts";
import type { DeviceEnvironment } from "./environment.ts";

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
];

test.each(choices)("$environment, $circumstances give $names", ({ environment, circumstances, names }) => {
  expect(chooseDevices(environment, { cores: 8, ...circumstances }).devices.map(nameOf)).toEqual(names);
});

test("any list of different devices is taken as it is", () => {
  const device = fc.record({ backend: fc.constantFrom(...backendNames), index: fc.nat(99) });
  const lists = fc.uniqueArray(device, { minLength: 1, maxLength: 8, selector: nameOf });
  fc.assert(
    fc.property(lists, (devices) => {
      const choice = chooseDevices({ TANDEM_DEVICES: devices.map(nameOf).join(",") }, { cores: 1 });
      expect(choice.devices).toEqual(devices.map((chosen) => ({ ...chosen, threads: 1 })));
    }),
  );
});

describe("threads are shared among the devices", () => {
  test.each<[DeviceEnvironment, number, readonly number[]]>([
    [{}, 2, [1, 1]],
    [{}, 8, [4, 4]],
    [{}, 3, [2, 1]],
    [{ TANDEM_DEVICES: "1" }, 8, [8]],
    [{ TANDEM_DEVICES: "3" }, 2, [1, 1, 1]],
    [{ TANDEM_THREADS: "4" }, 2, [2, 2]],
    [{ TANDEM_THREADS: "4", TANDEM_DEVICES: "wasm:0,wasm:1,wasm:2" }, 8, [2, 1, 1]],
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

describe("the description says which devices, and why", () => {
  test.each<[DeviceEnvironment, string]>([
    [
      {},
      "wasm:0 with 4 threads, wasm:1 with 4 threads (TANDEM_BACKEND=auto: the fastest backend that runs on every machine; 8 cores)",
    ],
    [
      { TANDEM_BACKEND: "wasm", TANDEM_THREADS: "1", TANDEM_WASM: "strict" },
      "wasm:0 with one thread (TANDEM_BACKEND=wasm; 8 cores; TANDEM_THREADS=1; TANDEM_WASM=strict)",
    ],
    [{ TANDEM_BACKEND: "reference", TANDEM_DEVICES: "1" }, "reference:0 (TANDEM_BACKEND=reference; TANDEM_DEVICES=1)"],
    [{ TANDEM_DEVICES: "tfjs:0,reference:0" }, "tfjs:0, reference:0 (TANDEM_DEVICES=tfjs:0,reference:0)"],
  ])("%j", (environment, description) => {
    expect(chooseDevices(environment, { cores: 8 }).description).toBe(description);
  });
});

describe("values without a meaning are refused", () => {
  test.each<[DeviceEnvironment, string, string]>([
    [
      { TANDEM_BACKEND: "cuda" },
      'TANDEM_BACKEND names the backend "cuda", which does not exist',
      "auto, wasm, tfjs, reference",
    ],
    [{ TANDEM_BACKEND: "toString" }, 'names the backend "toString"', "auto, wasm, tfjs, reference"],
    [
      { TANDEM_DEVICES: "cuda:0" },
      'TANDEM_DEVICES names the backend "cuda", which does not exist',
      "wasm, tfjs, reference",
    ],
    [{ TANDEM_DEVICES: "0" }, "TANDEM_DEVICES=0 is not a number of devices from 1 to 64", "TANDEM_DEVICES"],
    [{ TANDEM_DEVICES: "two" }, 'TANDEM_DEVICES names "two", which is not a device', "wasm:0,tfjs:0"],
    [{ TANDEM_DEVICES: "tfjs:0,tfjs:0" }, "TANDEM_DEVICES names tfjs:0 twice", "TANDEM_DEVICES"],
    [
      { TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "reference:0" },
      "TANDEM_DEVICES names reference:0, but TANDEM_BACKEND is tfjs",
      "leave TANDEM_BACKEND out",
    ],
    [{ TANDEM_THREADS: "0" }, "TANDEM_THREADS=0 is not a number of threads from 1 to 1024", "TANDEM_THREADS"],
    [{ TANDEM_THREADS: "1.5" }, "TANDEM_THREADS=1.5 is not a number of threads", "TANDEM_THREADS"],
    [
      { TANDEM_THREADS: "1", TANDEM_DEVICES: "2" },
      "TANDEM_THREADS=1 is less than one for each of 2 devices",
      "TANDEM_DEVICES to at most 1",
    ],
    [{ TANDEM_WASM: "fast" }, "TANDEM_WASM=fast is neither auto nor strict", "TANDEM_WASM"],
  ])("%j", (environment, message, hint) => {
    const choose = (): unknown => chooseDevices(environment, { cores: 8 });
    expect(choose).toThrow(message);
    expect(choose).toThrow(hint);
  });
});
