// Named agents: the form says who they are, what they are born with and what they are to reach; the run's page tells what
// became of each, as its results do; and a run like it names the same.
import assert from "node:assert/strict";
import { accessible, api, fits, inBrowser, open, shot } from "./harness.mjs";

const idOf = (page) => page.url().split("/").at(-1);

await inBrowser(async (page) => {
  await open(page, "#/new");
  await page.getByLabel("Name", { exact: true }).fill("Ada and Ben");
  await page.getByLabel("Agents", { exact: true }).fill("3000");
  await page.getByLabel("Ticks", { exact: true }).fill("80");
  await page.getByRole("button", { name: "Add an agent" }).click();
  const ada = page.getByRole("group", { name: "Agent 1" });
  const start = page.getByRole("button", { name: "Create and start" });
  assert.ok(await start.isDisabled(), "an agent has a name");
  await ada.getByLabel("Agent's name").fill("Ada");
  await ada.getByLabel("Region").fill("CA");
  await ada.getByLabel("Opinion", { exact: true }).fill("0.9");
  await ada.getByLabel("Susceptibility").fill("2");
  await ada.getByText("must be at most 1").waitFor();
  await ada.getByLabel("Susceptibility").fill("0.1");
  await ada.getByRole("button", { name: "Add a goal" }).click();
  await ada.getByLabel("What", { exact: true }).selectOption("trait adopted");
  await ada.getByLabel("Is", { exact: true }).selectOption("true");
  await page.getByRole("button", { name: "Add an agent" }).click();
  const ben = page.getByRole("group", { name: "Agent 2" });
  await ben.getByLabel("Agent's name").fill("Ada");
  await ben.getByText("is another agent's name").waitFor();
  await ben.getByLabel("Agent's name").fill("Ben");
  await ben.getByLabel("Agent's id").fill("7");
  await shot(page, "new-agents");
  await accessible(page, "the form with named agents");
  await start.click();
  await page.locator("h1 + .status.succeeded").waitFor();

  const first = idOf(page);
  const { mode, config } = await api("GET", `/runs/${first}`);
  assert.deepEqual([mode, config.targets[0].traits, config.targets[1].agent], ["hybrid", { opinion: 0.9, susceptibility: 0.1 }, 7]);
  assert.deepEqual(config.targets[0].goal, [{ trait: "adopted", equals: true }]);
  const { targets } = await api("GET", `/runs/${first}/results`);
  for (const target of targets) {
    const card = page.getByRole("region", { name: target.name, exact: true });
    await card.getByText(target.region).first().waitFor();
    await card.getByRole("row", { name: /^Opinion / }).getByText(Math.abs(target.end.opinion).toFixed(2)).first().waitFor();
    const way = card.getByRole("img", { name: /Its way/ });
    assert.equal(Number(await way.getAttribute("data-points")), target.trajectory.length);
  }
  const reached = targets[0].reached_tick;
  await page.getByRole("region", { name: "Ada", exact: true }).getByText(reached === null ? "goal not reached" : `goal reached at tick ${reached}`).waitFor();
  await shot(page, "hybrid");
  await accessible(page, "a run with named agents");

  await page.getByRole("link", { name: "New like this" }).click();
  assert.equal(await page.getByRole("group", { name: "Agent 1" }).getByLabel("Opinion", { exact: true }).inputValue(), "0.9");
  await start.click();
  await page.waitForFunction((before) => /runs\/[^/]+$/.test(location.hash) && !location.hash.endsWith(before), first);
  await page.locator("h1 + .status.succeeded").waitFor();
  assert.deepEqual((await api("GET", `/runs/${idOf(page)}/results`)).targets, targets);
  await open(page, "#/runs?mode=hybrid");
  await page.locator("table.runs tbody tr").nth(1).waitFor();
  await page.setViewportSize({ width: 360, height: 780 });
  await open(page, `#/runs/${first}`);
  await page.getByRole("region", { name: "Ada", exact: true }).waitFor();
  await fits(page, "named agents on a phone");
});
