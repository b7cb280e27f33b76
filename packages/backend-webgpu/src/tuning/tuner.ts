// Chooses between the ways to run a step by timing them once, and remembers what it found.
import type { Step } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import type { KernelDefinition, KernelTable } from "../kernel.ts";
import { tuningKey, typesOf } from "./tuning-key.ts";
import type { TuningRecord } from "./tuning-record.ts";
import type { TuningStore } from "./tuning-store.ts";

/**
 * - `off`: the first variant of every kernel.
 * - `on`: what was measured before, else measured now; as `off` on an adapter that is software.
 * - `force`: measured now, on any adapter.
 */
export type TuneMode = "off" | "on" | "force";

/** Milliseconds that a variant of a step takes; `undefined` where it cannot be run. */
export type Measure = (step: Step, variant: string) => Promise<number | undefined>;

/** A record, and whether this process measured it. */
export interface TuningChoice extends TuningRecord {
  readonly source: "measured" | "remembered";
}

export interface TunerSetting {
  readonly mode: TuneMode;
  readonly capabilities: Capabilities;
  readonly kernels: KernelTable;
  readonly store: TuningStore;
  readonly measure: Measure;
}

export class Tuner {
  readonly #setting: TunerSetting;
  readonly #choices = new Map<string, TuningChoice>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(setting: TunerSetting) {
    this.#setting = setting;
  }

  /** In the order in which they were first needed. */
  get choices(): readonly TuningChoice[] {
    return [...this.#choices.values()];
  }

  /** The variants of those steps that have a choice and need not take the first. Programs take turns: measurements would disturb each other. */
  variantsFor(steps: readonly Step[]): Promise<ReadonlyMap<Step, string>> {
    const { mode, capabilities } = this.#setting;
    if (mode === "off" || (mode === "on" && capabilities.isSoftware)) return Promise.resolve(new Map());
    const result = this.#turn.then(() => this.#choose(steps));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #choose(steps: readonly Step[]): Promise<ReadonlyMap<Step, string>> {
    const { capabilities, kernels, store } = this.#setting;
    const variants = new Map<Step, string>();
    let hasMeasured = false;
    for (const step of steps) {
      const kernel = kernels.get(step.op);
      const candidates = kernel?.variants?.(step, capabilities) ?? [];
      if (kernel === undefined || candidates.length < 2) continue;
      const choice = await this.#choiceFor(kernel, step, candidates);
      if (choice === undefined) continue;
      hasMeasured ||= choice.source === "measured" && !this.#choices.has(choice.key);
      this.#choices.set(choice.key, choice);
      variants.set(step, choice.variant);
    }
    if (hasMeasured) await store.save();
    return variants;
  }

  async #choiceFor(
    kernel: KernelDefinition,
    step: Step,
    candidates: readonly string[],
  ): Promise<TuningChoice | undefined> {
    const { mode, capabilities, store } = this.#setting;
    const key = await tuningKey(kernel, candidates, step, capabilities);
    const chosen = this.#choices.get(key);
    if (chosen !== undefined) return chosen;
    const remembered = mode === "force" ? undefined : await store.find(key);
    if (remembered !== undefined && candidates.includes(remembered.variant)) {
      return { ...remembered, source: "remembered" };
    }
    const record = await this.#measureAll(key, step, candidates);
    if (record === undefined) return undefined;
    store.add(record);
    return { ...record, source: "measured" };
  }

  /** `undefined` where no variant ran. */
  async #measureAll(key: string, step: Step, candidates: readonly string[]): Promise<TuningRecord | undefined> {
    const { measure, capabilities } = this.#setting;
    const milliseconds: Record<string, number> = {};
    let variant: string | undefined;
    let fastest = Number.POSITIVE_INFINITY;
    for (const candidate of candidates) {
      const time = await measure(step, candidate);
      if (time === undefined) continue;
      milliseconds[candidate] = time;
      // Of equally fast ones the first counts, which kernels order by what is best where nothing is measured.
      if (time < fastest) [fastest, variant] = [time, candidate];
    }
    if (variant === undefined) return undefined;
    const { adapter, driver } = capabilities;
    return { key, adapter, driver, op: step.op, types: typesOf(step), variant, milliseconds };
  }
}
