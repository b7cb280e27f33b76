// What a helper thread does with the messages it gets, on any platform.
import { ABSENCE, Control, OPEN_RUN } from "./control.ts";
import { Functions } from "./functions.ts";
import { LaunchSequence } from "./launch-sequence.ts";
import type { FromHelper, LoadMessage, OpenMessage, RunMessage, ToHelper } from "./messages.ts";
import { Timeline } from "./timeline.ts";

/** Returns the function to call with each message. */
export function helperServing(post: (message: FromHelper) => void): (message: ToHelper) => void {
  let helper: Helper | undefined;
  return (message) => {
    try {
      if (message.kind === "open") {
        helper = new Helper(message);
        post({ kind: "ready" });
      } else {
        helper?.serve(message);
      }
    } catch (error) {
      post({ kind: "failed", reason: String(error) });
    }
  };
}

interface LoadedSegments {
  readonly control: Control;
  readonly sequences: readonly LaunchSequence[];
}

class Helper {
  readonly #open: OpenMessage;
  readonly #functions: Functions;
  readonly #programs = new Map<number, LoadedSegments>();

  constructor(open: OpenMessage) {
    this.#open = open;
    this.#functions = new Functions(open.memory, open.library);
  }

  serve(message: Exclude<ToHelper, OpenMessage>): void {
    if (message.kind === "run") this.#run(message);
    else if (message.kind === "load") this.#load(message);
    else this.#programs.delete(message.program);
  }

  #load({ program, slots, mostLaunches, segments, modules, control: words, timeline: times }: LoadMessage): void {
    this.#functions.add(modules);
    const control = new Control(words, slots);
    const { thread, threads, memory } = this.#open;
    const timeline = times === undefined ? undefined : new Timeline(times, mostLaunches);
    const options = { thread, threads, memory, functions: this.#functions, control, timeline };
    const sequences = segments.map((plan) => new LaunchSequence(plan, options));
    this.#programs.set(program, { control, sequences });
  }

  /** Takes part only if the run is still open, so that one that comes late touches nothing. */
  #run({ program, segment, run }: RunMessage): void {
    const loaded = this.#programs.get(program);
    if (loaded === undefined) return;
    const { words } = loaded.control;
    Atomics.sub(words, ABSENCE, 1);
    try {
      if (Atomics.load(words, OPEN_RUN) === run) loaded.sequences[segment]?.help();
    } finally {
      Atomics.add(words, ABSENCE, 1);
      loaded.control.wakeSleepers();
    }
  }
}
