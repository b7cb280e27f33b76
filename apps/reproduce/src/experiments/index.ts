// Every experiment by the name that users write. A new one is a file beside this one and a line here.
import type { Experiment } from "../experiment.ts";
import { table1 } from "./table1.ts";

export const experiments: ReadonlyMap<string, Experiment> = new Map([["table1", table1]]);
