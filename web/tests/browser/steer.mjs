// Steering a run that goes on: pause, resume, fork from a snapshot, cancel; each is what the API then says too.
import assert from "node:assert/strict";
import { accessible, api, inBrowser, launched, open, shot } from "./harness.mjs";

const { id } = await launched("A long run", { horizon_ticks: 1000, population: { agents: 600_000 }, snapshot_every_ticks: 5 });
const status = async (run) => (await api("GET", `/runs/${run}`)).status;

await inBrowser(async (page) => {
  await open(page, `#/runs/${id}`);
  await page.locator("h1 + .status.running").waitFor();
  await page.getByText(/tick [1-9]\d* of 1000/).waitFor();
  // The trends grow while it runs, tick by tick.
  const plot = page.locator(".plot").first();
  await plot.waitFor();
  const points = Number(await plot.getAttribute("data-points"));
  await page.waitForFunction((before) => Number(document.querySelector(".plot").dataset.points) > before, points);
  assert.equal(await page.locator("h1 + .status").textContent(), "running");
  await page.getByRole("button", { name: "Snapshot", exact: true }).click();
  await page.getByText("A snapshot is taken.").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator("h1 + .status.paused").waitFor();
  assert.equal(await status(id), "paused");
  // What is known up to here is shown.
  await page.getByRole("img", { name: /Adoption rate: / }).waitFor();
  await shot(page, "run-paused");

  await page.getByRole("group", { name: "Actions" }).getByRole("button", { name: "Fork" }).click();
  const dialog = page.getByRole("dialog", { name: "Fork this run" });
  await dialog.getByLabel("Name").fill("And if trust falls");
  await dialog.getByLabel("Seed").fill("7");
  await dialog.getByLabel("social trust").fill("-0.2");
  await accessible(page, "the dialog of a fork");
  await shot(page, "fork");
  await dialog.getByRole("button", { name: "Fork", exact: true }).click();
  await page.getByRole("heading", { name: "And if trust falls" }).waitFor();
  await page.getByText("forked from").waitFor();
  const fork = page.url().split("/").at(-1);
  const made = await api("GET", `/runs/${fork}`);
  assert.deepEqual([made.forked_from.run_id, made.config.seed], [id, 7]);
  assert.equal(made.config.scenario_patch.variable_deltas.social_trust, -0.2);

  await page.getByRole("button", { name: "Cancel" }).click();
  const question = page.getByRole("dialog", { name: "Cancel this run?" });
  await question.getByRole("button", { name: "Keep it" }).click();
  assert.notEqual(await status(fork), "cancelled");
  await page.getByRole("button", { name: "Cancel" }).click();
  await question.getByRole("button", { name: "Cancel the run" }).click();
  await page.locator("h1 + .status.cancelled").waitFor();
  assert.equal(await status(fork), "cancelled");

  await open(page, `#/runs/${id}`);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator("h1 + .status.running").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await page.locator("h1 + .status.cancelled").waitFor();
  // What it found stays.
  await page.locator(".figure", { hasText: "Partial" }).waitFor();
});
