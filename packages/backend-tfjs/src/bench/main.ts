// Prints the table of docs/tfjs-kernels.md. `pnpm --filter @tandem/backend-tfjs bench`
import { type Device, elementCount, operand, plan, spec } from "@tandem/core";
import { tfjsBackend } from "../backend.ts";
import { openTfjs } from "../device.ts";
import { type BenchCase, cases } from "./cases.ts";
import { TfjsKernels } from "./tfjs-kernels.ts";

const SECONDS = 0.5;
const FEWEST_RUNS = 3;

/** The shortest of several runs, in milliseconds. */
async function shortest(run: () => unknown): Promise<number> {
  await run();
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + SECONDS * 1000;
  for (let runs = 0; runs < FEWEST_RUNS || performance.now() < end; runs++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const random = (elements: number): Float32Array => Float32Array.from({ length: elements }, () => Math.random() - 0.5);

async function measureBefore(tfjs: TfjsKernels, { shapes, before }: BenchCase): Promise<number | undefined> {
  if (before === undefined) return undefined;
  const inputs = shapes.map((shape) => tfjs.tensor(shape, random(elementCount(shape))));
  const milliseconds = await shortest(() => before.run(tfjs, inputs));
  tfjs.free(...inputs);
  return milliseconds;
}

async function measureAfter({ shapes, after }: BenchCase): Promise<number> {
  const device: Device = operand(await openTfjs(), 0);
  const specs = { inputs: shapes.map((shape) => spec("f32", shape)) };
  const program = plan(({ inputs }) => ({ result: after(inputs) }), specs, {
    backends: [tfjsBackend],
    borrow: ["inputs"],
  });
  const loaded = operand(program.devices, 0);
  const slots = [...loaded.slots.keys()];
  await device.reserve(slots.map((id) => ({ id, bytes: operand(loaded.slots, id).bytes })));
  for (const [index, { targets }] of program.inputs.entries()) {
    device.write(operand(targets, 0).operand.slot, random(elementCount(operand(shapes, index))));
  }
  for (const { slot, data } of loaded.constants) device.write(slot, data);
  const executable = await device.load(loaded);
  return shortest(() => executable.submit(0, slots));
}

function rate(work: BenchCase["work"], milliseconds: number): string {
  if ("flops" in work) return `${(work.flops / milliseconds / 1e6).toFixed(1)} GFLOP/s`;
  return `${((milliseconds * 1e6) / work.elements).toFixed(2)} ns`;
}

console.log(
  "| operation | size | tfjs's own kernels | before | now | ratio |\n| --- | --- | --- | ---: | ---: | ---: |",
);
const tfjs = await TfjsKernels.open();
for (const benchCase of cases) {
  const before = await measureBefore(tfjs, benchCase);
  const after = await measureAfter(benchCase);
  const cells = [
    benchCase.name,
    benchCase.size,
    benchCase.before === undefined ? "none" : `\`${benchCase.before.kernels}\``,
    before === undefined ? "" : rate(benchCase.work, before),
    rate(benchCase.work, after),
    before === undefined ? "" : (before / after).toFixed(1),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
