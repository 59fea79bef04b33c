// Finding runs and comparing them: filters and order are the server's, two runs are ticked off, and a batch of seeds has a
// band.
import assert from "node:assert/strict";
import { accessible, api, ended, inBrowser, open, PROJECT, shot } from "./harness.mjs";

const config = (more) => ({ horizon_ticks: 60, population: { agents: 2_000 }, ...more });
const shifted = (by) => ({ scenario_patch: { variable_deltas: { economy_confidence: by } } });
const boom = await ended("Boom", config(), shifted(0.2));
await ended("Recession", config(), shifted(-0.2));
const lonely = await api("POST", "/runs", { project_id: PROJECT, name: "Not started", config: config() });
const batch = async (name, by) => api("POST", "/runs/batch", {
  project_id: PROJECT, auto_start: true, base_config: { ...config(), ...shifted(by) },
  variations: [1, 2, 3, 4].map((seed) => ({ name: `${name}, seed ${seed}`, seed })),
});

await inBrowser(async (page) => {
  await open(page);
  const rows = page.locator("table.runs tbody tr");
  await rows.nth(2).waitFor();
  assert.equal(await rows.count(), 3);
  await page.getByText("queued", { exact: true }).first().click();
  await page.waitForFunction(() => document.querySelectorAll("table.runs tbody tr").length === 1);
  await page.getByRole("link", { name: "Not started" }).waitFor();
  await page.getByText("paused", { exact: true }).click();
  await page.getByText("No run is like this.").waitFor();
  await page.getByRole("button", { name: "Show all runs" }).click();
  await page.getByRole("combobox", { name: "Sort" }).selectOption("name");
  await page.waitForFunction(() => document.querySelector("table.runs tbody a")?.textContent === "Boom");
  assert.ok(page.url().includes("sort=name"), "a reload shows the same");
  await shot(page, "runs");
  await accessible(page, "the list of runs");

  await page.getByRole("checkbox", { name: "Select Boom to compare" }).check();
  assert.ok(await page.getByRole("button", { name: "Compare" }).isDisabled(), "one run is no comparison");
  await page.getByRole("checkbox", { name: "Select Recession to compare" }).check();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("heading", { name: "Comparison" }).waitFor();
  const table = page.locator("table.outcomes").first();
  await table.getByText("Boom").waitFor();
  assert.equal(await table.locator("tbody tr").count(), 2);
  const results = await api("GET", `/runs/${boom.id}/results`);
  await table.getByText(`${(results.outcome_summary.adoption_rate * 100).toFixed(1)} %`).waitFor();
  await page.getByText("scenario_patch.variable_deltas.economy_confidence").waitFor();

  const [up, down] = [await batch("Boom", 0.15), await batch("Recession", -0.15)];
  const ids = [...up.runs, ...down.runs].map(({ id }) => id).join(",");
  await open(page, `#/compare?runs=${ids}`);
  await page.getByText("8 runs, 2 questions").waitFor();
  await page.getByText("have not ended yet").waitFor({ state: "detached" });
  await page.getByText("mean over seeds with its 95 % band").waitFor();
  // The lines have every tick, and all charts show the values under the pointer.
  const plots = page.locator(".plot");
  await page.waitForFunction(() => document.querySelector(".plot").dataset.points === "61");
  const at = await plots.first().boundingBox();
  await page.mouse.move(at.x + 100, at.y + 40);
  await page.mouse.move(at.x + at.width / 2, at.y + 40);
  await page.waitForFunction(() => /^tick (2|3)\d$/.test(document.querySelector(".legend .at").textContent));
  const looked = await page.locator(".legend .at").allTextContents();
  assert.deepEqual([looked.length, new Set(looked).size], [await plots.count(), 1], `the charts show ${looked}`);
  assert.equal(await table.locator("tbody tr").count(), 2);
  // Runs of the same seeds are compared seed by seed.
  await table.locator("[title='paired by seed']").first().waitFor();
  await shot(page, "compare");
  await accessible(page, "the comparison");

  await open(page, `#/runs/${lonely.id}`);
  await page.getByText("Not started yet.").waitFor();
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator("h1 + .status.succeeded").waitFor();
  // A run that does not exist is said so.
  await page.goto("about:blank");
});

await inBrowser(async (page) => {
  await open(page, "#/runs/0190a5b2-7c1e-7f3a-9b51-000000000000");
  await page.getByText("RUN_NOT_FOUND").waitFor();
  await accessible(page, "an error");
}, { told: ["404"] });
