// The laws of the architecture that no type checks: see docs/architecture.md.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openReference, referenceBackend } from "@tandem/backend-reference";
import { allOps, compile, DeviceGroup, isPrimitive, runPasses, spec, type Tensor, trace } from "@tandem/core";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

interface Source {
  readonly path: string;
  readonly text: string;
}

/** The shipped sources of a package: TypeScript files that are not tests. */
function sources(packageFolder: string): Source[] {
  return readdirSync(join(root, packageFolder, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !/\.test(-support)?\.ts$/.test(path))
    .map((path) => ({
      path: join(packageFolder, "src", path),
      text: readFileSync(join(root, packageFolder, "src", path), "utf8"),
    }));
}

function importsOf({ text }: Source): string[] {
  return [...text.matchAll(/from "([^"]+)"/g)].flatMap(([, specifier]) => specifier ?? []);
}

const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}`);

describe("the package graph", () => {
  it.each([
    ["packages/core", /^\.{1,2}\//],
    ["packages/nn", /^\.{1,2}\/|^@tandem\/core$/],
    ["packages/models", /^\.{1,2}\/|^@tandem\/(core|nn)$/],
  ])("lets %s import nothing of a platform and no backend", (folder, allowed) => {
    const strangers = sources(folder).flatMap((source) =>
      importsOf(source)
        .filter((name) => !allowed.test(name))
        .map((name) => `${source.path}: ${name}`),
    );
    expect(strangers).toEqual([]);
  });

  const outsideDevices = packages.filter((folder) => folder !== "packages/devices").flatMap(sources);
  const pathsWhere = (offends: (source: Source) => boolean): string[] =>
    outsideDevices.filter(offends).map(({ path }) => path);

  it("lets only packages/devices and the apps read TANDEM_*", () => {
    expect(pathsWhere(({ text }) => /env\.TANDEM|env\["TANDEM/.test(text))).toEqual([]);
  });

  it("lets only a backend's host read what drivers and folders of the system are named by", () => {
    expect(pathsWhere(({ path, text }) => !path.endsWith("/node-host.ts") && text.includes("process.env"))).toEqual([]);
  });
});

describe("ops", () => {
  it("have a gradient or a decomposition, and few are primitives", () => {
    const primitives = allOps().filter(isPrimitive);
    expect(primitives.length).toBeLessThanOrEqual(20);
    expect(allOps().filter((op) => op.vjp === undefined && op.decompose === undefined)).toEqual([]);
  });

  it("that are primitives run on the reference backend, but for transfer, which no kernel sees", () => {
    const missing = allOps()
      .filter((op) => isPrimitive(op) && !referenceBackend.supports(op.name, [], [], {}))
      .map((op) => op.name);
    expect(missing).toEqual(["transfer"]);
  });
});

describe("graphs and programs", () => {
  const fn = ({ x, w }: { x: Tensor; w: Tensor }) => ({
    y: x.conv2d(w, { padding: 1 }).relu().localResponseNormalization().maxPool2d({ window: 3, strides: 2 }).sum(),
  });
  const specs = { x: spec("f32", [2, 8, 8, 3]), w: spec("f32", [3, 3, 3, 4]) };

  it("are plain data with a version, after every pass", () => {
    const { graph } = trace(fn, specs);
    const passes = runPasses(graph, { backends: [referenceBackend], stateInputs: new Set() });
    for (const candidate of [graph, ...passes.map((result) => result.graph)]) {
      expect(structuredClone(candidate)).toEqual(candidate);
      expect(candidate.version).toBe(1);
    }
  });

  it("run the same when they were cloned on the way to the device", async () => {
    const [device] = await openReference();
    if (device === undefined) throw new Error("the reference opens one device");
    const load = device.load.bind(device);
    device.load = (program) => load(structuredClone(program));
    await using devices = new DeviceGroup([device]);
    const program = await compile(({ x }) => ({ y: x.exp().sum() }), { x: spec("f32", [3]) }, { devices });
    const { y } = await program.run({ x: { dtype: "f32", shape: [3], data: new Float32Array(3) } }).outputs;
    expect([...y.data]).toEqual([3]);
  });
});
