// Laws of transfers in plans for several devices, on random functions.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Backend } from "../backend.ts";
import { plan } from "../compile.ts";
import { globalOrder } from "../global-order.ts";
import { operand } from "../op.ts";
import { transfer } from "../ops/transfer.ts";
import { type Program, type StreamItem, segmentsOf } from "../program.ts";
import type { Tensor } from "../tensor.ts";
import { logicalDevice, spec } from "../type.ts";

const DEVICES = 3;
const backend: Backend = { name: "made up", memory: "slots", supports: () => true };

/** One operation on values computed before, by their numbers, on one of the devices. */
interface Instruction {
  readonly op: "add" | "exp" | "matmul";
  readonly device: number;
  readonly first: number;
  readonly second: number;
}

const programs = fc
  .array(
    fc.record<Instruction>({
      op: fc.constantFrom("add", "exp", "matmul"),
      device: fc.nat(DEVICES - 1),
      first: fc.nat(30),
      second: fc.nat(30),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((instructions) => planOf(instructions, DEVICES));

/** Each device has state, to which what was computed last is added, and the last value is read back. */
function planOf(instructions: readonly Instruction[], deviceCount: number): Program {
  const state = Array.from({ length: DEVICES }, (_, device) => spec("f32", [4, 4], logicalDevice(device)));
  return plan(
    (inputs: { readonly state: readonly Tensor[]; readonly x: Tensor }) => {
      const values: Tensor[] = [inputs.x, ...inputs.state];
      for (const { op, device, first, second } of instructions) {
        const [a, b] = [first, second].map((index) =>
          transfer(operand(values, index % values.length), logicalDevice(device)),
        );
        if (a === undefined || b === undefined) continue;
        values.push(op === "exp" ? a.exp() : op === "add" ? a.add(b) : a.matmul(b));
      }
      const last = operand(values, values.length - 1);
      return { state: inputs.state.map((own) => own.add(last.to(own.device))), last };
    },
    { state, x: spec("f32", [4, 4]) },
    { backends: Array.from({ length: deviceCount }, () => backend), donate: ["state"] },
  );
}

/** A device's steps and transfers in a row. */
type Happening =
  | Exclude<StreamItem, { kind: "segment" }>
  | { readonly kind: "step"; readonly reads: readonly number[]; readonly writes: readonly number[] };

function happeningsOn({ devices }: Program, device: number): readonly Happening[] {
  return operand(devices, device).stream.flatMap((item): readonly Happening[] =>
    item.kind !== "segment"
      ? [item]
      : item.steps.map(({ inputs, outputs }) => ({
          kind: "step",
          reads: inputs.map(({ slot }) => slot),
          writes: outputs.map(({ slot }) => slot),
        })),
  );
}

describe("in a plan for three devices", () => {
  test("nobody waits in a circle, and everything that is sent is received", () => {
    fc.assert(
      fc.property(programs, (program) => {
        const order = globalOrder(program);
        for (const kind of ["send", "receive"] as const) {
          const numbers = order.flatMap(({ item }) => (item.kind === kind ? [item.transfer] : []));
          expect(numbers.sort((a, b) => a - b)).toEqual([...program.transfers.keys()]);
        }
      }),
    );
  });

  test("a value is sent before anything else happens than sending it elsewhere", () => {
    fc.assert(
      fc.property(programs, (program) => {
        for (const device of program.devices.keys()) {
          const happenings = happeningsOn(program, device);
          for (const [position, happening] of happenings.entries()) {
            if (happening.kind !== "send") continue;
            const before = happenings.slice(0, position).findLast(({ kind }) => kind !== "send");
            const { slot } = happening.operand;
            // Nothing before it: what is sent is a run's input or old state.
            if (before?.kind === "step") expect(before.writes).toContain(slot);
            else if (before !== undefined) expect(before.operand.slot).toBe(slot);
          }
        }
      }),
    );
  });

  test("a value is received right before it is needed", () => {
    fc.assert(
      fc.property(programs, (program) => {
        for (const device of program.devices.keys()) {
          const happenings = happeningsOn(program, device);
          for (const [position, happening] of happenings.entries()) {
            if (happening.kind !== "receive") continue;
            const { slot } = happening.operand;
            const later = happenings.slice(position + 1);
            const next = later.find(({ kind }) => kind === "step");
            const until = next === undefined ? later : later.slice(0, later.indexOf(next));
            const isPassedOn = until.some((each) => each.kind === "send" && each.operand.slot === slot);
            // Nothing after it: what is received is a result.
            if (next?.kind === "step" && !isPassedOn) expect(next.reads).toContain(slot);
          }
        }
      }),
    );
  });
});

test("on one device there is one segment, in the order of recording but for early updates", () => {
  const instructions = [0, 1, 2].map(
    (index): Instruction => ({ op: "matmul", device: index, first: index, second: 9 }),
  );
  const program = planOf(instructions, 1);
  expect(program.transfers).toEqual([]);
  expect(program.devices.map((device) => segmentsOf(device).length)).toEqual([1]);
});

describe("while a value travels", () => {
  const [here, there] = [logicalDevice(0), logicalDevice(1)];
  const x = spec("f32", [64, 64], here);

  /** What device 0 does, in order. */
  const namesOn = (program: Program): readonly string[] =>
    operand(program.devices, 0).stream.flatMap((item) =>
      item.kind === "segment" ? item.steps.map(({ scope, op }) => (scope === "" ? op : scope)) : [item.kind],
    );

  test("its sender computes what does not depend on the answer", () => {
    const program = plan(
      ({ x: given }: { readonly x: Tensor }) => {
        const own = given.matmul(given);
        const answer = own.to(there).matmul(own.to(there)).to(here);
        const both = own.matmul(answer);
        return { both, beside: own.matmul(given).exp() };
      },
      { x },
      { backends: [backend, backend] },
    );
    expect(namesOn(program)).toEqual(["matmul", "send", "matmul", "receive", "matmul"]);
  });

  test("no product waits for what is only added to it", () => {
    const program = plan(
      ({ x: given }: { readonly x: Tensor }) => {
        const theirs = given.to(there).exp().to(here);
        return { sum: given.matmul(given).add(theirs) };
      },
      { x },
      { backends: [backend, backend] },
    );
    expect(namesOn(program)).toEqual(["matmul", "receive", "map"]);
  });

  test("what is sent goes first of what could be computed", () => {
    const program = plan(
      ({ x: given }: { readonly x: Tensor }) => {
        const own = given.matmul(given);
        const beside = own.matmul(given);
        const part = own.slice([0, 0], [32, 64]);
        return { beside, away: part.to(there).exp() };
      },
      { x },
      { backends: [backend, backend] },
    );
    expect(namesOn(program)).toEqual(["matmul", "slice", "send", "matmul"]);
  });
});
