// The journey of one persona: the form asks for copies of it, a goal and the society around them; the run's page tells how
// likely one comes to the goal and when, as its results do.
import assert from "node:assert/strict";
import { accessible, api, ended, fits, inBrowser, open, PROJECT, shot } from "./harness.mjs";

const society = await ended("The society", { horizon_ticks: 60, population: { agents: 4_000 } });

await inBrowser(async (page) => {
  await open(page, "#/new");
  await page.getByLabel("Name", { exact: true }).fill("Will a laggard adopt?");
  await page.getByLabel("What is asked").selectOption("target");
  const start = page.getByRole("button", { name: "Create and start" });
  assert.ok(await start.isDisabled(), "a goal says what is to be reached");
  assert.equal(await page.getByLabel("Agents", { exact: true }).count(), 0, "copies are all that is stepped");
  const journey = page.getByRole("region", { name: "The journey" });
  await journey.getByLabel("Region", { exact: true }).fill("XX");
  await journey.getByText("the data set has no region XX").waitFor();
  assert.equal(await journey.locator("datalist option").count(), 51, "its regions are suggested");
  await journey.getByLabel("Region", { exact: true }).fill("CA");
  await journey.getByText("the data set has no region").waitFor({ state: "detached" });
  await journey.getByLabel("Segment").fill("laggards");
  await journey.getByLabel("Copies").fill("0");
  await journey.getByText("must be at least 1").waitFor();
  await journey.getByLabel("Copies").fill("3000");
  await journey.getByLabel("Opinion", { exact: true }).fill("-0.4");
  await journey.getByLabel("What", { exact: true }).selectOption("trait adopted");
  await journey.getByLabel("Is", { exact: true }).selectOption("true");
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Project").fill(PROJECT);
  await journey.getByLabel("Recorded by the run").selectOption({ label: `The society (${society.id.slice(-8)})` });
  await journey.getByLabel("Its environment").selectOption("recorded");
  assert.ok(await page.getByLabel("Model", { exact: true }).isDisabled(), "the model is the society's");
  // What is put aside is there again.
  await page.getByLabel("What is asked").selectOption("society");
  await page.getByLabel("Agents", { exact: true }).fill("0");
  await page.getByLabel("What is asked").selectOption("target");
  assert.equal(await journey.getByLabel("Copies").inputValue(), "3000");
  assert.equal(await journey.getByLabel("Recorded by the run").inputValue(), society.id);
  assert.ok(await start.isEnabled(), "what is not shown is not wrong");
  await page.getByLabel("Number of seeds").fill("2");
  await page.getByText("must be 1 in a society that was recorded").waitFor();
  await page.getByLabel("Number of seeds").fill("");
  await shot(page, "new-journey");
  await accessible(page, "the form of a journey");
  await start.click();
  await page.locator("h1 + .status.succeeded").waitFor();

  const id = page.url().split("/").at(-1);
  const { mode, config } = await api("GET", `/runs/${id}`);
  assert.deepEqual([mode, config.horizon_ticks, config.target.copies], ["target", 60, 3000]);
  assert.deepEqual(config.target.society, { run_id: society.id, environment: "recorded" });
  const { target } = await api("GET", `/runs/${id}/results`);
  const card = page.getByRole("region", { name: "The journey" });
  const figure = (label) => card.locator(".figure", { hasText: label });
  await figure("Probability").getByText(`${(target.probability * 100).toFixed(1)} %`, { exact: true }).waitFor();
  await figure("Probability").getByText(`${(target.interval_95.low * 100).toFixed(1)} % to`).waitFor();
  const { p05, p95 } = target.first_passage.quantiles;
  await figure("5 % had come").getByText(p05 === null ? "never" : `tick ${p05}`, { exact: true }).first().waitFor();
  await figure("95 % had come").getByText(p95 === null ? "never" : `tick ${p95}`, { exact: true }).waitFor();
  const came = card.getByRole("img", { name: /Share that has come to the goal\. / });
  assert.equal(await came.getAttribute("data-points"), "61", "every tick has its share");
  assert.ok((await came.getAttribute("aria-label")).includes(`to ${(target.probability * 100).toFixed(1)} %`), "the line ends at the probability");
  await card.getByRole("img", { name: /First arrivals/ }).waitFor();
  await card.getByRole("img", { name: /Opinion/ }).waitFor();
  assert.equal(await page.locator(".map").count(), 0, "all copies live in one region");
  await shot(page, "journey");
  await accessible(page, "a run of copies");

  // Two journeys are compared by the share that came.
  const other = await ended("Will an innovator adopt?", { target: { persona: { region: "CA", segment: "innovators" }, copies: 500, goal: [{ trait: "adopted", equals: true }] }, horizon_ticks: 60 }, { mode: "target" });
  await open(page, `#/compare?runs=${id},${other.id}`);
  const table = page.getByRole("region", { name: "Table of outcomes" });
  await table.getByText("Goal reached").waitFor();
  await table.getByText(`${(target.probability * 100).toFixed(1)} %`).first().waitFor();
  await page.getByRole("img", { name: /^Goal reached\. / }).waitFor();
  await shot(page, "compare-journeys");
  await accessible(page, "a comparison of journeys");

  await open(page, "#/runs?mode=target");
  await page.locator("table.runs tbody tr").getByText("Will a laggard adopt?").waitFor();
  assert.equal(await page.locator("table.runs tbody tr").count(), 2, "the society is none of them");
  await page.setViewportSize({ width: 360, height: 780 });
  await open(page, `#/runs/${id}`);
  await card.getByText("Goal:").waitFor();
  await fits(page, "a journey on a phone");
  await shot(page, "phone-journey");
  await open(page, "#/new");
  await page.getByLabel("What is asked").selectOption("target");
  await fits(page, "the form of a journey on a phone");

  // While a society is read, what is typed stays; of two picks the last one counts, and one that cannot be read is none.
  await page.setViewportSize({ width: 1440, height: 900 });
  const second = await ended("Another society", { horizon_ticks: 10, population: { agents: 500 } });
  await open(page, `#/runs/${second.id}`);
  await open(page, "#/new");
  await page.getByLabel("What is asked").selectOption("target");
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Project").fill(PROJECT);
  const asked = page.getByRole("region", { name: "The journey" });
  const lives = asked.getByLabel("Recorded by the run");
  const held = {};
  const hold = (of) => page.route(`**/api/v1/runs/${of}`, (route) => void (held[of] = route));
  const until = async (of) => { while (!held[of]) await new Promise((done) => setTimeout(done, 10)); };
  await Promise.all([hold(society.id), hold(second.id)]);
  await lives.selectOption(society.id);
  await until(society.id);
  await lives.selectOption(second.id);
  await until(second.id);
  await asked.getByLabel("Copies").fill("77");
  await held[second.id].continue();
  await asked.getByText("Model, data set, parameters and network are that run's.").waitFor();
  const answered = page.waitForResponse((answer) => answer.url().endsWith(society.id));
  await held[society.id].continue();
  await answered;
  assert.deepEqual([await lives.inputValue(), await asked.getByLabel("Copies").inputValue()], [second.id, "77"]);
  await page.unroute(`**/api/v1/runs/${society.id}`);
  await page.route(`**/api/v1/runs/${society.id}`, (route) => route.fulfill({ status: 503, json: { error_code: "OVERLOADED", detail: "Too much at once." } }));
  await lives.selectOption(society.id);
  await page.getByText("Too much at once.").waitFor();
  // The page may draw what it says before what it chooses.
  for (let looks = 0; looks < 250 && (await lives.inputValue()) !== second.id; looks += 1) await page.waitForTimeout(20);
  assert.equal(await lives.inputValue(), second.id, "it is as it was");
  await page.getByLabel("What is asked").selectOption("society");
  await page.getByLabel("Model", { exact: true }).selectOption("bass");
  await page.getByLabel("What is asked").selectOption("target");
  assert.deepEqual([await lives.inputValue(), await asked.getByLabel("Copies").inputValue()], ["", "77"], "the society was another model's");

  // Whose segment is not said is drawn for each copy.
  const anyone = { persona: { region: "CA" }, copies: 500, goal: { trait: "adopted", equals: true } };
  const drawn = await ended("Anyone", { horizon_ticks: 10, target: anyone }, { mode: "target" });
  await open(page, `#/runs/${drawn.id}`);
  await card.getByText("500 copies in CA, of several segments").waitFor();
}, { told: ["503"] });
