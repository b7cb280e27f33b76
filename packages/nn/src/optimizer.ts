// What all optimisers share: state beside each parameter, and one update a parameter, as pure functions over trees.
import {
  type HostTensor,
  hostTensor,
  isHostTensor,
  isTensor,
  isTensorType,
  leaves,
  mapTree,
  type Shape,
  scope,
  type Tensor,
  type TensorType,
  UsageError,
} from "@tandem/core";
import type { FiniteGuard } from "./finite-guard.ts";
import { type ParameterTree, plainRule, type UpdateRule } from "./parameter.ts";

/** Parameters of nesting P and, nested in the same way, the optimiser's own state in named slots such as `velocities`. */
export type OptimizerState<P, Slot extends string> = { readonly [K in "parameters" | Slot]: P };

export interface UpdateOptions {
  /** Leave everything as it is if this guard found a loss or gradient that is not finite. */
  readonly guard?: FiniteGuard;
}

export interface Optimizer<Slot extends string = string> {
  /** The state before the first update, from initial parameters. */
  initialize<P extends ParameterTree<HostTensor>>(parameters: P): OptimizerState<P, Slot>;
  /** Types of the state, where the parameters live. */
  specs<P extends ParameterTree<TensorType>>(parameters: P): OptimizerState<P, Slot>;
  /**
   * One update, while tracing. `learningRate` is an f32 scalar on any device; a host-fed one is uploaded where it is needed.
   * Throws UsageError if state and gradients are not nested alike.
   */
  update<P extends ParameterTree<Tensor>>(
    state: OptimizerState<P, Slot>,
    gradients: ParameterTree<Tensor>,
    learningRate: Tensor,
    options?: UpdateOptions,
  ): OptimizerState<P, Slot>;
}

export interface OptimizerOptions {
  /** How each parameter learns, by its dotted name; by default all alike. */
  readonly ruleOf?: (name: string) => UpdateRule;
}

/** Everything that one parameter's update reads, on the parameter's device. */
export interface UpdateContext<Slot extends string> {
  readonly parameter: Tensor;
  readonly slots: { readonly [K in Slot]: Tensor };
  readonly gradient: Tensor;
  readonly learningRate: Tensor;
  readonly rule: UpdateRule;
  /** Bool scalar; without it the update is made unconditionally. */
  readonly accept: Tensor | undefined;
}

export interface OptimizerDefinition<Slot extends string> {
  /** Shape of each slot, given the parameter's. All start at zero. */
  readonly slots: { readonly [K in Slot]: (parameter: Shape) => Shape };
  readonly updateParameter: (context: UpdateContext<Slot>) => OptimizerState<Tensor, Slot>;
}

export function defineOptimizer<Slot extends string>(
  { slots, updateParameter }: OptimizerDefinition<Slot>,
  { ruleOf = () => plainRule }: OptimizerOptions,
): Optimizer<Slot> {
  const slotNames = Object.keys(slots) as Slot[];
  const withSlots = <P>(parameters: P, treeOf: (slot: Slot) => unknown): OptimizerState<P, Slot> => {
    const entries = slotNames.map((slot) => [slot, treeOf(slot)] as const);
    return { parameters, ...Object.fromEntries(entries) } as OptimizerState<P, Slot>;
  };
  return {
    initialize: (parameters) =>
      withSlots(parameters, (slot) =>
        mapTree(parameters, isHostTensor, ({ dtype, shape }) => hostTensor(dtype, slots[slot](shape), 0)),
      ),
    specs: (parameters) =>
      withSlots(parameters, (slot) =>
        mapTree(parameters, isTensorType, (type): TensorType => ({ ...type, shape: slots[slot](type.shape) })),
      ),
    update: <P extends ParameterTree<Tensor>>(
      state: OptimizerState<P, Slot>,
      gradients: ParameterTree<Tensor>,
      learningRate: Tensor,
      { guard }: UpdateOptions = {},
    ) =>
      scope("update", () => {
        const { parameters } = state;
        const gradientOf = finder(gradients, "gradients");
        const slotFinders = slotNames.map((slot) => [slot, finder(state[slot], slot)] as const);
        const rateOn = onceForEachDevice((device) => learningRate.to(device));
        const updates = new Map(
          leaves<Tensor>(parameters, isTensor).map(({ name, leaf: parameter }) => {
            const own = Object.fromEntries(slotFinders.map(([slot, find]) => [slot, find(name)]));
            const updated = updateParameter({
              parameter,
              slots: own as { readonly [K in Slot]: Tensor },
              gradient: gradientOf(name),
              learningRate: rateOn(parameter.device),
              rule: ruleOf(name),
              accept: guard?.acceptOn(parameter.device),
            });
            return [name, updated] as const;
          }),
        );
        const collect = (part: "parameters" | Slot): unknown =>
          mapTree(parameters, isTensor, (parameter, name) => updates.get(name)?.[part] ?? parameter);
        return withSlots(collect("parameters") as P, collect);
      }),
  };
}

/** The same change to the parameters and to every slot, such as splitting them between devices or merging them again. */
export function mapState<A, B, Slot extends string>(
  state: OptimizerState<A, Slot>,
  change: (tree: A) => B,
): OptimizerState<B, Slot> {
  const entries = Object.entries<A>(state);
  return Object.fromEntries(entries.map(([part, tree]) => [part, change(tree)])) as OptimizerState<B, Slot>;
}

function finder(tree: ParameterTree<Tensor>, what: string): (name: string) => Tensor {
  const byName = new Map(leaves<Tensor>(tree, isTensor).map(({ name, leaf }) => [name, leaf]));
  return (name) => {
    const found = byName.get(name);
    if (found === undefined) {
      throw new UsageError(`update: ${what} has nothing for parameter ${name}`, {
        hint: `${what} must be nested as the parameters are; it has ${[...byName.keys()].join(", ")}`,
      });
    }
    return found;
  };
}

function onceForEachDevice(make: (device: string) => Tensor): (device: string) => Tensor {
  const made = new Map<string, Tensor>();
  return (device) => {
    const tensor = made.get(device) ?? make(device);
    made.set(device, tensor);
    return tensor;
  };
}
