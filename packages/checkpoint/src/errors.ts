// What goes wrong with files that a run writes and reads.
import { TandemError } from "@tandem/core";

/** A file or folder of a run that cannot be written, or that does not hold what it should. Says which, and what to do. */
export class CheckpointError extends TandemError {}
