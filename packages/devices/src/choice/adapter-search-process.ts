// The entry of a process that looks for adapters, tells what it found, and ends.
import { searchAdapters } from "./search-adapters.ts";

process.send?.(await searchAdapters(), () => process.exit());
