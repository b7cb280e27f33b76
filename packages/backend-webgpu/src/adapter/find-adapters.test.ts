import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { leastCapabilities } from "../capabilities.ts";
import { restrictCapabilities } from "./capability-restrictions.ts";
import { chooseAdapter, findAdapters } from "./find-adapters.ts";
import { namesIn } from "./node-host.ts";
import { describeOnAdapters, testAdapters } from "./test-adapters.test-support.ts";

test("Dawn's refusal of an unknown name lists the adapters there are", () => {
  const message = [
    "no suitable backends found",
    "Available adapters:",
    " * backend: 'vulkan', name: 'SwiftShader Device (Subzero)'",
    " * backend: 'd3d12', name: 'NVIDIA's own'",
    " * backend: 'd3d11', name: 'NVIDIA's own'",
  ].join("\n");
  expect(namesIn(message)).toEqual(["SwiftShader Device (Subzero)", "NVIDIA's own"]);
});

describeOnAdapters("an adapter", (adapter) => {
  test("is found with what it can do", async () => {
    const found = (await findAdapters()).filter((each) => each.adapter.includes(adapter));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ isSoftware: true, timestamps: true, subgroupMatrices: [] });
    expect(found[0]?.limits.bindingBytes).toBeGreaterThanOrEqual(leastCapabilities.limits.bindingBytes);
    expect(structuredClone(found)).toEqual(found);
  });

  test("is chosen by a part of its name in any case", async () => {
    const { capabilities } = await chooseAdapter(adapter.toUpperCase());
    expect(capabilities.adapter).toContain(adapter);
  });

  test("of another name is refused, and those there are are named", async () => {
    const refused = chooseAdapter("no such GPU");
    await expect(refused).rejects.toThrow('no WebGPU adapter has "no such GPU" in its name');
    for (const each of testAdapters) await expect(refused).rejects.toThrow(each);
  });
});

test("without a driver, one error says what was looked for, what to install, and what does without", async () => {
  const built = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
  const script = `import(${JSON.stringify(built)}).then((m) => m.openWebgpu()).catch((error) => console.log(String(error)))`;
  const env = { ...process.env, VK_DRIVER_FILES: "/dev/null" };
  const { stdout } = await promisify(execFile)(process.execPath, ["--eval", script], { env });
  expect(stdout).toContain(
    "BackendError: no WebGPU adapter was found; looked for the Vulkan drivers that VK_DRIVER_FILES",
  );
  for (const place of ["Debian, Ubuntu", "Fedora", "macOS", "Windows", "VK_DRIVER_FILES=", "TANDEM_BACKEND=wasm"]) {
    expect(stdout).toContain(place);
  }
});

test("the adapter null needs no driver", async () => {
  const { capabilities } = await chooseAdapter("null");
  expect(capabilities).toMatchObject({ adapter: "null", isSoftware: true, f16: true });
});

test("restrictions take away and never add", () => {
  const { limits } = leastCapabilities;
  const able = { ...leastCapabilities, f16: true, timestamps: true, subgroups: { smallest: 32, largest: 32 } };
  expect(restrictCapabilities(able, {})).toEqual(able);
  expect(restrictCapabilities(leastCapabilities, { limits: { bindingBytes: 2 ** 40, offsetAlignment: 4 } })).toEqual(
    leastCapabilities,
  );
  expect(
    restrictCapabilities(able, {
      f16: false,
      subgroups: false,
      timestamps: false,
      limits: { bindingBytes: 512, offsetAlignment: 1024 },
    }),
  ).toEqual({ ...leastCapabilities, limits: { ...limits, bindingBytes: 512, offsetAlignment: 1024 } });
});
