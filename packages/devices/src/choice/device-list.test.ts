import { UsageError } from "@tandem/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ListedDevice, parseDeviceList } from "./device-list.ts";

const next = { kind: "next" } as const;
const number = (value: number) => ({ kind: "number", number: value }) as const;
const name = (text: string) => ({ kind: "name", name: text }) as const;

test.each<[string, readonly ListedDevice[]]>([
  ["wasm", [{ backend: "wasm", selector: next }]],
  [
    " wasm:0 , tfjs:12 ",
    [
      { backend: "wasm", selector: number(0) },
      { backend: "tfjs", selector: number(12) },
    ],
  ],
  [
    "webgpu,wasm",
    [
      { backend: "webgpu", selector: next },
      { backend: "wasm", selector: next },
    ],
  ],
  ["webgpu:1", [{ backend: "webgpu", selector: number(1) }]],
  ["webgpu:NVIDIA H100", [{ backend: "webgpu", selector: name("NVIDIA H100") }]],
  [
    "webgpu:llvmpipe (LLVM 15.0.6, 256 bits)",
    [{ backend: "webgpu", selector: name("llvmpipe (LLVM 15.0.6, 256 bits)") }],
  ],
  [
    "webgpu{DRI_PRIME=pci-0000_65_00_0},webgpu{DRI_PRIME=pci-0000_b3_00_0}",
    [
      { backend: "webgpu", selector: next, variables: { DRI_PRIME: "pci-0000_65_00_0" } },
      { backend: "webgpu", selector: next, variables: { DRI_PRIME: "pci-0000_b3_00_0" } },
    ],
  ],
  [
    "webgpu:NVIDIA{CUDA_VISIBLE_DEVICES=1, VK_DRIVER_FILES=/a:/b}, wasm",
    [
      {
        backend: "webgpu",
        selector: name("NVIDIA"),
        variables: { CUDA_VISIBLE_DEVICES: "1", VK_DRIVER_FILES: "/a:/b" },
      },
      { backend: "wasm", selector: next },
    ],
  ],
  ["wasm:3{A=,B=x=y}", [{ backend: "wasm", selector: number(3), variables: { A: "", B: "x=y" } }]],
])("%s", (text, devices) => {
  expect(parseDeviceList(text)).toEqual(devices);
});

test.each([
  ["two", 'names the backend "two", which does not exist'],
  ["cuda:0", 'names the backend "cuda", which does not exist'],
  ["toString", 'names the backend "toString"'],
  [":0", 'names the backend "", which does not exist'],
  ["-1", 'names the backend "-1"'],
  ["1.5", 'names the backend "1.5"'],
  ["wasm:0,", "nothing between two commas, or beside one"],
  [",wasm:0", "nothing between two commas, or beside one"],
  ["wasm,,tfjs", "nothing between two commas, or beside one"],
  ["webgpu:", "missing after the colon"],
  ["webgpu:{A=1}", "missing after the colon"],
  ["wasm:NVIDIA", 'devices of wasm go by number, not by the name "NVIDIA", in "wasm:NVIDIA"'],
  ["tfjs:0:1", 'by the name "0:1"'],
  ["webgpu{A=1", "a brace is not closed"],
  ["webgpu:llvmpipe (LLVM, wasm", "a parenthesis is not closed"],
  ["webgpu:llvmpipe), wasm", "a parenthesis closes that never opened"],
  ["webgpu}", "a brace closes that never opened"],
  ["webgpu{A={1}", "a brace opens inside braces"],
  ["webgpu{A=1}0", '"0" follows its braces'],
  ["webgpu{A=1}{B=2}", '"{B=2}" follows its braces'],
  ["webgpu{A=1}:0", '":0" follows its braces'],
  ["{A=1}", 'names the backend ""'],
  ["webgpu{}", '"" is not NAME=VALUE'],
  ["webgpu{A}", '"A" is not NAME=VALUE'],
  ["webgpu{A=0,1}", '"1" is not NAME=VALUE'],
  ["webgpu{1A=0}", '"1A=0" is not NAME=VALUE'],
  ["webgpu{=0}", '"=0" is not NAME=VALUE'],
  ["webgpu{A=1,A=2}", "A is set twice"],
  ["webgpu{TANDEM_TUNE=off}", "TANDEM_TUNE counts for all devices"],
])("%s is refused", (text, problem) => {
  const parse = (): unknown => parseDeviceList(text);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(problem);
});

test("whatever stands there, either it is a list or a UsageError says why not", () => {
  const text = fc.array(fc.constantFrom("webgpu", "wasm", ":", ",", "{", "}", "(", ")", "=", "A", "0", " "), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (pieces) => {
      try {
        expect(parseDeviceList(pieces.join("")).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
