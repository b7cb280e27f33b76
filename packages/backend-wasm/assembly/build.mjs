// node build.mjs: compiles the library of kernels, once with and once without relaxed SIMD, where it is not up to date.
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const target = join(folder, "..", "dist", "wasm");
const sources = readdirSync(folder).map((name) => join(folder, name));
const builds = [
  { name: "strict", features: "simd,threads" },
  { name: "relaxed", features: "simd,relaxed-simd,threads" },
];

const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const changed = Math.max(...sources.map(timeOf));
const outdated = builds.filter(({ name }) => timeOf(join(target, `${name}.wasm`)) <= changed);

if (outdated.length > 0) {
  const { main } = await import("assemblyscript/asc");
  mkdirSync(target, { recursive: true });
  for (const { name, features } of outdated) {
    const { error, stderr } = await main([
      ...[join(folder, "index.ts"), "--outFile", join(target, `${name}.wasm`)],
      ...["-O3", "--noAssert", "--runtime", "stub", "--use", "abort="],
      ...["--enable", features, "--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
    ]);
    if (error !== null) {
      console.error(`${name}: ${stderr.toString() || error.message}`);
      process.exit(1);
    }
  }
}
