// An experiment's page: its metrics have the points that its results have, its workflow tells every step in order, and the
// answers of its surveys and interviews are those of the API.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accessible, api, base, fits, inBrowser, open, shot } from "./harness.mjs";

const campaign = readFileSync(new URL("../../../scenarios/campaign.json", import.meta.url), "utf8");
const answer = await fetch(`${base}/api/run-experiments`, { method: "POST", headers: { "Content-Type": "application/json" }, body: campaign });
const { id } = (await answer.json()).data;

await inBrowser(async (page) => {
  await open(page, "#/runs?mode=experiment");
  await page.locator(`a[href="#/runs/${id}"]`).click();
  await page.locator("h1 + .status.succeeded").waitFor();
  const { experiment } = await api("GET", `/runs/${id}/results`);
  for (const { name, points } of experiment.metrics) {
    const chart = page.getByRole("img", { name: new RegExp(`^${name}\\.`) });
    await chart.waitFor();
    assert.equal(Number(await chart.getAttribute("data-points")), points.length, name);
  }
  const steps = page.locator(".workflow > li");
  assert.equal(await steps.count(), experiment.steps.length, "every step is told");

  const second = experiment.steps.filter(({ type }) => type === "survey")[1];
  const asked = steps.filter({ hasText: second.title });
  const stance = asked.getByRole("region", { name: second.questions[0].title });
  for (const { answer, share } of second.questions[0].counts) {
    const row = stance.locator(".bars > div", { hasText: new RegExp(answer, "i") });
    await row.getByText(`${(share * 100).toFixed(1)} %`).waitFor();
  }
  await stance.getByText("Changes since day 0").waitFor();
  await asked.getByRole("region", { name: second.questions[1].title }).getByText(second.questions[1].mean.toFixed(3)).waitFor();
  const [message] = experiment.steps.filter(({ type }) => type === "message");
  await steps.filter({ hasText: message.intervene_message }).getByText(`${message.agents} agents hear it`).waitFor();
  const interviews = experiment.steps.find(({ type }) => type === "interview").interviews;
  for (const { agent, reasons } of interviews) {
    await page.locator(".interviews li", { hasText: `Agent ${agent} ` }).getByText(reasons).waitFor();
  }
  // A step leads the charts and the map to its tick.
  await page.locator(".workflow").getByRole("button", { name: `tick ${message.tick}` }).first().click();
  await page.getByTestId("tick").getByText(`tick ${message.tick}`, { exact: true }).waitFor();
  await shot(page, "experiment");
  await accessible(page, "an experiment");
  await page.setViewportSize({ width: 360, height: 780 });
  await fits(page, "an experiment on a phone");
  await shot(page, "phone-experiment");
});
