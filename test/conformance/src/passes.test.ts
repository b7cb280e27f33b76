// The laws of the passes, on random functions: every pass keeps the results, and so do programs, in place and over several runs.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import {
  type Backend,
  compile,
  DeviceGroup,
  type EpilogueAttributes,
  type Graph,
  type HostTensor,
  hostTensor,
  lowerToProgram,
  mapOp,
  runPasses,
  trace,
} from "@tandem/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { draws } from "./gradients.ts";
import { interpretGraph } from "./interpret-graph.ts";
import { donatedNames, functionOf, type Recipe, recipes, specs, stateNames } from "./random-program.ts";
import { SymbolTable, symbolsOfGraph, symbolsOfProgram } from "./symbolic.ts";

const stateInputs = new Set<string>(stateNames);

function inputsOf(run: number): Map<string, HostTensor> {
  return new Map([
    ...(["p", "q", "r", "x", "y", "scale"] as const).map(
      (name) => [name, draws(`${name} ${run}`, specs[name].shape, "f32")] as const,
    ),
    ["at", hostTensor("i32", [5], [2, 0, -1, 2, 1])],
    ["seed", hostTensor("u32", [], [20121203])],
    ["step", hostTensor("u32", [], [run])],
  ]);
}

const elements = (tensors: ReadonlyMap<string, HostTensor>): Record<string, number[]> =>
  Object.fromEntries([...tensors].map(([name, { data }]) => [name, Array.from(data)]));

/** Backends of different abilities; what one cannot do, the passes must do otherwise. */
const backends: readonly Backend[] = [
  referenceBackend,
  {
    ...referenceBackend,
    name: "without epilogues, with native composites",
    supports: (op, inputs, outputs, attributes) =>
      op === "localResponseNormalization" ||
      (referenceBackend.supports(op, inputs, outputs, attributes) &&
        (attributes as EpilogueAttributes).epilogue === undefined),
  },
  {
    ...referenceBackend,
    name: "with few operands",
    supports: (op, inputs, outputs, attributes) =>
      referenceBackend.supports(op, inputs, outputs, attributes) &&
      (op !== mapOp.name || inputs.length + outputs.length <= 8),
  },
];

const elementsOf = (tensor: unknown): number[] => Array.from((tensor as HostTensor).data);

function tracedOf(recipe: Recipe): Graph {
  return trace(functionOf(recipe), specs, donatedNames).graph;
}

test.each(backends)("every pass keeps the results, for a backend $name", (backend) => {
  fc.assert(
    fc.property(recipes, fc.integer({ min: 1, max: 2 }), (recipe, deviceCount) => {
      const traced = tracedOf(recipe);
      const inputs = inputsOf(0);
      const expected = elements(interpretGraph(traced, inputs));
      for (const { pass, graph } of runPasses(traced, {
        backends: Array<Backend>(deviceCount).fill(backend),
        stateInputs,
      })) {
        expect({ pass, ...elements(interpretGraph(graph, inputs)) }).toEqual({ pass, ...expected });
      }
    }),
  );
});

test.each(backends)("plans never let two live values share a slot, for a backend $name", (backend) => {
  fc.assert(
    fc.property(recipes, fc.integer({ min: 1, max: 2 }), (recipe, deviceCount) => {
      const options = { backends: Array<Backend>(deviceCount).fill(backend), stateInputs };
      const traced = tracedOf(recipe);
      const scheduled = runPasses(traced, options).at(-1)?.graph ?? traced;
      const table = new SymbolTable();
      expect(symbolsOfProgram(lowerToProgram(traced, options), table)).toEqual(symbolsOfGraph(scheduled, table));
    }),
  );
});

test("programs compute what their graph means, with donated state over several runs", async () => {
  await fc.assert(
    fc.asyncProperty(recipes, fc.integer({ min: 1, max: 2 }), async (recipe, count) => {
      await using devices = new DeviceGroup(await openReference({ count }));
      const fn = functionOf(recipe);
      const { graph } = trace(fn, specs, donatedNames);
      const program = await compile(fn, specs, { devices, donate: donatedNames, borrow: ["r"] });

      const meant = inputsOf(0);
      const place = (name: "p" | "q" | "r") => devices.place<unknown>({ ...meant.get(name) }, () => specs[name].device);
      let [p, q, r] = [await place("p"), await place("q"), await place("r")];
      for (let run = 0; run < 3; run++) {
        const host = new Map([...inputsOf(run)].filter(([name]) => !stateInputs.has(name)));
        for (const [name, input] of host) meant.set(name, input);
        const expected = interpretGraph(graph, meant);
        const { state, outputs } = program.run({ p, q, r, ...Object.fromEntries(host) });
        ({ p, q } = state);
        const { results } = await outputs;
        for (const [index, { data }] of results.entries()) {
          expect(Array.from(data)).toEqual(Array.from(expected.get(`results.${index}`)?.data ?? []));
        }
        for (const name of donatedNames) meant.set(name, expected.get(name) ?? hostTensor("f32", [], 0));
        expect(elementsOf(await p.read())).toEqual(elementsOf(meant.get("p")));
        expect(elementsOf(await q.read())).toEqual(elementsOf(meant.get("q")));
      }
    }),
  );
});
