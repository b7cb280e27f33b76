// Which of the adapters that there are.
import type { Capabilities } from "@tandem/backend-webgpu";
import { UsageError } from "@tandem/core";

/** What decides whether an adapter is taken. */
export type AdapterFacts = Pick<Capabilities, "adapter" | "isSoftware">;

/** By number among those that are worth using, or by part of the name. */
export type AdapterSelector =
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "name"; readonly name: string };

/** The GPUs; the adapters that compute on the CPU only where there is no GPU. */
export function usableAdapters<Adapter extends AdapterFacts>(adapters: readonly Adapter[]): readonly Adapter[] {
  const hardware = adapters.filter(({ isSoftware }) => !isSoftware);
  return hardware.length > 0 ? hardware : adapters;
}

/**
 * The adapter that the selector means: numbers count round, names match in any case, a whole name before a part of one. `undefined`
 * where there is no adapter at all; throws UsageError with the names that exist where none matches.
 */
export function selectAdapter<Adapter extends AdapterFacts>(
  selector: AdapterSelector,
  adapters: readonly Adapter[],
): Adapter | undefined {
  if (adapters.length === 0) return undefined;
  switch (selector.kind) {
    case "number": {
      const usable = usableAdapters(adapters);
      return usable[selector.number % usable.length];
    }
    case "name": {
      const wanted = selector.name.toLowerCase();
      const found =
        adapters.find(({ adapter }) => adapter.toLowerCase() === wanted) ??
        adapters.find(({ adapter }) => adapter.toLowerCase().includes(wanted));
      if (found !== undefined) return found;
      throw new UsageError(`TANDEM_DEVICES names the adapter "${selector.name}", which does not exist`, {
        hint: `the names are ${adapters.map(({ adapter }) => adapter).join(", ")}`,
      });
    }
  }
}
