import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backendNames } from "./backends.ts";
import { chooseDevices, type DeviceEnvironment, nameOf } from "./choose-devices.ts";

const namesFor = (environment: DeviceEnvironment, cores = 8): string[] =>
  chooseDevices(environment, cores).devices.map(nameOf);

const choices: readonly {
  readonly environment: DeviceEnvironment;
  readonly cores?: number;
  readonly names: string[];
}[] = [
  { environment: {}, names: ["tfjs:0", "tfjs:1"] },
  { environment: {}, cores: 1, names: ["tfjs:0"] },
  { environment: { TANDEM_BACKEND: "", TANDEM_DEVICES: " " }, names: ["tfjs:0", "tfjs:1"] },
  { environment: { TANDEM_BACKEND: "auto" }, names: ["tfjs:0", "tfjs:1"] },
  { environment: { TANDEM_BACKEND: "reference" }, names: ["reference:0", "reference:1"] },
  { environment: { TANDEM_BACKEND: "reference", TANDEM_DEVICES: "1" }, names: ["reference:0"] },
  { environment: { TANDEM_DEVICES: "3" }, cores: 1, names: ["tfjs:0", "tfjs:1", "tfjs:2"] },
  { environment: { TANDEM_DEVICES: "tfjs:1, tfjs:0" }, names: ["tfjs:1", "tfjs:0"] },
  { environment: { TANDEM_DEVICES: "tfjs:0,reference:0" }, names: ["tfjs:0", "reference:0"] },
  { environment: { TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "tfjs:4" }, names: ["tfjs:4"] },
];

test.each(choices)("$environment gives $names", ({ environment, cores, names }) => {
  expect(namesFor(environment, cores)).toEqual(names);
});

test("any list of different devices is taken as it is", () => {
  const device = fc.record({ backend: fc.constantFrom(...backendNames), index: fc.nat(99) });
  const lists = fc.uniqueArray(device, { minLength: 1, maxLength: 8, selector: nameOf });
  fc.assert(
    fc.property(lists, (devices) => {
      const choice = chooseDevices({ TANDEM_DEVICES: devices.map(nameOf).join(",") }, 1);
      expect(choice.devices).toEqual(devices);
    }),
  );
});

describe("the description says which devices, and why", () => {
  test.each([
    [{}, "tfjs:0, tfjs:1 (TANDEM_BACKEND=auto: the fastest backend that runs on every machine; 8 cores)"],
    [{ TANDEM_BACKEND: "reference", TANDEM_DEVICES: "1" }, "reference:0 (TANDEM_BACKEND=reference; TANDEM_DEVICES=1)"],
    [{ TANDEM_DEVICES: "tfjs:0,reference:0" }, "tfjs:0, reference:0 (TANDEM_DEVICES=tfjs:0,reference:0)"],
  ])("%j", (environment, description) => {
    expect(chooseDevices(environment, 8).description).toBe(description);
  });
});

describe("values without a meaning are refused", () => {
  test.each([
    [
      { TANDEM_BACKEND: "cuda" },
      'TANDEM_BACKEND names the backend "cuda", which does not exist',
      "auto, reference, tfjs",
    ],
    [{ TANDEM_BACKEND: "toString" }, 'names the backend "toString"', "auto, reference, tfjs"],
    [{ TANDEM_DEVICES: "cuda:0" }, 'TANDEM_DEVICES names the backend "cuda", which does not exist', "reference, tfjs"],
    [{ TANDEM_DEVICES: "0" }, "TANDEM_DEVICES=0 is not a number of devices from 1 to 64", "TANDEM_DEVICES"],
    [{ TANDEM_DEVICES: "two" }, 'TANDEM_DEVICES names "two", which is not a device', "reference:0,tfjs:0"],
    [{ TANDEM_DEVICES: "tfjs:0,tfjs:0" }, "TANDEM_DEVICES names tfjs:0 twice", "TANDEM_DEVICES"],
    [
      { TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "reference:0" },
      "TANDEM_DEVICES names reference:0, but TANDEM_BACKEND is tfjs",
      "leave TANDEM_BACKEND out",
    ],
  ])("%j", (environment, message, hint) => {
    const choose = (): unknown => chooseDevices(environment, 8);
    expect(choose).toThrow(message);
    expect(choose).toThrow(hint);
  });
});
