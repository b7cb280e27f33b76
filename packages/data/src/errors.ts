// What goes wrong with data on disk.
import { TandemError } from "@tandem/core";

/** Data that is missing, damaged, or not what its name promises. Says which file, what was expected and found, and what to do. */
export class DatasetError extends TandemError {}
