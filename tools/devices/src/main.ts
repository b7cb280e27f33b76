// `pnpm devices`: what this machine has to compute on.
import { availableParallelism } from "node:os";
import { searchAdapters, whyNoAdapter } from "@tandem/devices";
import { parseCommand } from "./command-line.ts";
import { listingText } from "./listing-text.ts";
import { listingOf, type Machine } from "./machine.ts";

async function inspect(): Promise<Machine> {
  const machine = { cores: availableParallelism(), ...(await searchAdapters()) };
  return machine.adapters.length > 0 ? machine : { ...machine, whyNoAdapter: await whyNoAdapter() };
}

const command = parseCommand(process.argv.slice(2));
switch (command.kind) {
  case "text":
    (command.exitCode === 0 ? process.stdout : process.stderr).write(`${command.text}\n`);
    process.exitCode = command.exitCode;
    break;
  case "list": {
    const listing = listingOf(await inspect(), process.env);
    console.log(command.format === "json" ? JSON.stringify(listing, undefined, 2) : listingText(listing));
    break;
  }
}
