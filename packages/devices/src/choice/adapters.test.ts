import { expect, test } from "vitest";
import { type AdapterFacts, type AdapterSelector, selectAdapter } from "./adapters.ts";

const gpu = (adapter: string): AdapterFacts => ({ adapter, isSoftware: false });
const software = (adapter: string): AdapterFacts => ({ adapter, isSoftware: true });

const nvidia = gpu("NVIDIA A10");
const intel = gpu("Intel Arc A380");
const swiftShader = software("SwiftShader Device (Subzero)");
const llvmpipe = software("llvmpipe (LLVM 15)");

test.each<[AdapterSelector, readonly AdapterFacts[], AdapterFacts | undefined]>([
  [{ kind: "number", number: 0 }, [], undefined],
  [{ kind: "name", name: "NVIDIA" }, [], undefined],
  [{ kind: "number", number: 0 }, [swiftShader, nvidia], nvidia],
  [{ kind: "number", number: 1 }, [nvidia, intel, swiftShader], intel],
  [{ kind: "number", number: 2 }, [nvidia, intel, swiftShader], nvidia],
  [{ kind: "number", number: 1 }, [swiftShader, llvmpipe], llvmpipe],
  [{ kind: "number", number: 7 }, [nvidia, swiftShader], nvidia],
  [{ kind: "name", name: "swiftshader" }, [nvidia, swiftShader], swiftShader],
  [{ kind: "name", name: "arc" }, [nvidia, intel], intel],
  [{ kind: "name", name: "nvidia a10" }, [gpu("NVIDIA A100"), nvidia], nvidia],
])("%j of %j is %j", (selector, adapters, adapter) => {
  expect(selectAdapter(selector, adapters)).toBe(adapter);
});

test("a name that no adapter has is answered with those there are", () => {
  const select = (): unknown => selectAdapter({ kind: "name", name: "Radeon" }, [nvidia, swiftShader]);
  expect(select).toThrow('the adapter "Radeon", which does not exist');
  expect(select).toThrow("NVIDIA A10, SwiftShader Device (Subzero)");
});
