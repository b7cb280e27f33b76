// docs/op-support.md says what the backends say. `pnpm op-support` writes it anew.
import { referenceBackend } from "@tandem/backend-reference";
import { allOps } from "@tandem/core";
import { expect, test } from "vitest";
import { knownBackends } from "./backends.ts";
import { allCases } from "./cases/index.ts";
import { formsOf, supportDocument } from "./support.ts";

const forms = formsOf(allCases, referenceBackend);

test("docs/op-support.md is up to date", async () => {
  await expect(supportDocument(knownBackends, forms)).toMatchFileSnapshot("../../../docs/op-support.md");
});

test("every op appears in some case", () => {
  const covered = new Set(forms.map(({ op }) => op));
  const missing = allOps().filter(({ name }) => !covered.has(name));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
