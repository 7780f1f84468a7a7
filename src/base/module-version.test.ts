import { expect, test } from "vitest";
import packageFile from "../../package.json" with { type: "json" };
import { getModuleVersion } from "./module-version.ts";

test("the version is that of package.json", async () => {
  expect(await getModuleVersion()).toBe(packageFile.version);
});
