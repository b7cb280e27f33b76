// node computation-process.js BACKEND: in a process of its own, since a driver that crashes takes its process with it.
import { computeOn } from "./checks/computation.ts";

const [, , backend = "auto"] = process.argv;
process.stdout.write(`${JSON.stringify(await computeOn(backend))}\n`);
