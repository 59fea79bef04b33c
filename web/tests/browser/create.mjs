// A run from the form to its map: the form makes the request, the page follows the run to its end, the charts have the
// points that the results have, and the slider recolours the map.
import assert from "node:assert/strict";
import { accessible, api, colours, fits, inBrowser, open, shot } from "./harness.mjs";

await inBrowser(async (page) => {
  await open(page);
  await page.getByText("No runs yet.").waitFor();
  await page.getByRole("link", { name: "The API, request by request" }).click();
  await page.waitForURL("**/docs/api");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.goBack();
  await page.getByText("No runs yet.").waitFor();
  await accessible(page, "the empty list");
  await page.getByRole("link", { name: "Create the first run" }).click();

  await page.getByLabel("Name", { exact: true }).fill("A confident economy");
  await page.getByLabel("Agents", { exact: true }).fill("60000");
  await page.getByLabel("Ticks", { exact: true }).fill("2000");
  await page.getByText("must be at most 1000").waitFor();
  assert.ok(await page.getByRole("button", { name: "Create and start" }).isDisabled(), "a field is out of its range");
  await page.getByLabel("Ticks", { exact: true }).fill("150");
  await page.getByLabel("Economy confidence", { exact: true }).fill("0.2");
  // The parameters are those of the model's schema.
  const { parameters } = await api("GET", "/models/society");
  for (const name of Object.keys(parameters.properties)) {
    const label = name.replace(/_/g, " ").replace(/^./, (first) => first.toUpperCase());
    assert.ok((await page.getByText(label, { exact: false }).count()) > 0, `no field for ${name}`);
  }
  await page.getByLabel("Imitation per tick", { exact: true }).fill("0.13");
  await shot(page, "new-run");
  await accessible(page, "the form");
  await page.getByRole("button", { name: "Create and start" }).click();

  await page.getByRole("heading", { name: "A confident economy" }).waitFor();
  await page.locator(".status.running").waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  await shot(page, "run-live");
  await page.locator("h1 + .status.succeeded").waitFor();
  await page.getByText("tick 150 of 150").waitFor();

  const { items } = await api("GET", "/runs");
  const run = await api("GET", `/runs/${items[0].id}`);
  assert.deepEqual(
    [run.config.horizon_ticks, run.config.parameters, run.config.scenario_patch.variable_deltas],
    [150, { imitation: 0.13 }, { economy_confidence: 0.2 }],
  );
  const results = await api("GET", `/runs/${run.id}/results`);
  const chart = page.getByRole("img", { name: /Adoption rate: / });
  await chart.waitFor();
  // Its last ticks come a moment after its results.
  await page.waitForFunction(() => document.querySelector(".plot").dataset.points === "151");
  const points = Number(await chart.getAttribute("data-points"));
  assert.ok(points >= results.trends.adoption_rate.length, `${points} points of ${results.trends.adoption_rate.length}`);
  const last = (results.trends.adoption_rate.at(-1).value * 100).toFixed(1);
  assert.ok((await chart.getAttribute("aria-label")).includes(`to ${last} %`), "the chart ends where the results do");
  await page.locator(".figure", { hasText: "Adoption rate" }).getByText(`${last} %`).waitFor();

  await page.locator("path.region").first().waitFor();
  assert.equal(await page.locator("path.region").count(), 51);
  const opened = await colours(page);
  assert.ok(new Set(opened).size > 5, "the map opens where regions differ");
  const slider = page.getByRole("slider", { name: "Tick" });
  await slider.fill("0");
  await page.getByTestId("tick").getByText("tick 0", { exact: true }).waitFor();
  const begun = await colours(page);
  assert.ok(begun.every(Boolean) && begun.join() !== opened.join(), "the slider recolours the map");
  await slider.press("ArrowRight");
  assert.notEqual(await page.getByTestId("tick").textContent(), "tick 0", "the slider moves by keyboard");
  await page.getByRole("button", { name: "Play the run" }).click();
  await page.getByTestId("tick").getByText(/tick [1-9]\d+/).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("combobox", { name: "Colour by" }).selectOption("sentiment");
  assert.notEqual((await colours(page)).join(), begun.join());

  // What is said of a region at the map's edge stays within the page.
  await page.locator("path[data-region=ME]").hover();
  await page.locator(".tip").getByText("Maine").waitFor();
  await fits(page, "a map with a region pointed at");
  // A region of the map is a line of the chart.
  await page.locator("path[data-region=CA]").click();
  await page.getByText("Regions", { exact: true }).click();
  await page.locator(".legend").first().getByText("CA", { exact: true }).waitFor();
  await page.getByText("Segments", { exact: true }).click();
  await page.locator(".legend").first().getByText("Innovators").waitFor();
  await page.getByText("All agents", { exact: true }).click();
  await page.locator(".events button").nth(1).click();
  assert.ok(Number((await page.getByTestId("tick").textContent()).slice(5)) > 0, "an event leads to its tick");

  await page.getByRole("combobox", { name: "Colour by" }).selectOption("adoption_rate");
  await shot(page, "run");
  await accessible(page, "the run's page");
  await page.getByRole("button", { name: "Verify" }).click();
  await page.locator(".verification.same").waitFor();
});
