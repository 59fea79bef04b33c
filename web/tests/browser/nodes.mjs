// Scenarios as trees: a root with its seeds, a child that is made in the page, the way to it, and both compared seed by
// seed.
import assert from "node:assert/strict";
import { accessible, api, fits, inBrowser, open, PROJECT, shot } from "./harness.mjs";

const config = { horizon_ticks: 60, population: { agents: 2_000 } };
const batch = await api("POST", "/runs/batch", {
  project_id: PROJECT, auto_start: true, base_config: config,
  variations: [1, 2, 3].map((seed) => ({ name: `Baseline, seed ${seed}`, seed })),
});
const { outputs } = await api("GET", `/runs/${batch.runs[0].id}`);

await inBrowser(async (page) => {
  await open(page);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Scenarios" }).click();
  await page.getByText("1 node", { exact: true }).waitFor();
  const root = page.locator(".node").first();
  await root.getByText("3 runs").waitFor();
  await root.locator(".status.succeeded").waitFor();
  await root.getByRole("link").click();
  assert.ok(page.url().endsWith(outputs.node_id));
  const outcomes = page.getByRole("region", { name: "Table of outcomes" });
  await outcomes.getByText("Adoption rate").waitFor();

  await page.getByRole("button", { name: "Fork" }).click();
  const dialog = page.getByRole("dialog", { name: "Fork this scenario" });
  await dialog.getByLabel("Name").fill("A confident economy");
  await dialog.getByLabel("economy confidence").fill("0.3");
  await accessible(page, "the dialog of a scenario's fork");
  await dialog.getByRole("button", { name: "Fork and run" }).click();
  await page.getByRole("heading", { name: "A confident economy" }).waitFor();
  await page.locator("h1 + .status.succeeded").waitFor();
  const way = page.getByRole("region", { name: "Table of steps" });
  await way.getByText("Economy confidence").waitFor();
  await way.locator("[title='paired by seed']").first().waitFor();
  await shot(page, "node");
  await accessible(page, "a scenario's page");

  await open(page, "#/nodes");
  await page.getByText("2 nodes").waitFor();
  assert.equal(await page.locator(".tree .tree .node").count(), 1, "the child stands below its parent");
  await page.locator(".tree .tree .node").getByText("Economy confidence").waitFor();
  await page.locator(".node .outcome").nth(1).waitFor();
  await shot(page, "scenarios");
  await accessible(page, "the tree of scenarios");
  for (const box of await page.locator(".node input").all()) await box.check();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("6 runs, 2 questions").waitFor();
  await page.locator("table.outcomes [title='paired by seed']").first().waitFor();
  await page.setViewportSize({ width: 360, height: 780 });
  await open(page, "#/nodes");
  await page.locator(".tree .tree .node").waitFor();
  await fits(page, "the tree of scenarios");
});
