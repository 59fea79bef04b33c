// What the form can say besides shifts: events on the way, telemetry, a scenario above, and seeds that no number of a browser
// holds. Each arrives at the server as it was said, and a run like another one asks the same.
import assert from "node:assert/strict";
import { accessible, api, base, fits, inBrowser, open, shot } from "./harness.mjs";

const SEED = "18446744073709551557";
/** The text of an answer, whose numbers a script would round. */
const text = async (path) => (await fetch(`${base}/api/v1${path}`)).text();
const idOf = (page) => page.url().split("/").at(-1);

await inBrowser(async (page) => {
  await open(page, "#/new");
  await page.getByLabel("Name", { exact: true }).fill("A campaign in the west");
  await page.getByLabel("Agents", { exact: true }).fill("3000");
  await page.getByLabel("Ticks", { exact: true }).fill("40");
  await page.getByLabel("Seed", { exact: true }).fill("18446744073709551616");
  await page.getByText("must be at most 18446744073709551615").waitFor();
  await page.getByLabel("Seed", { exact: true }).fill(SEED);
  await page.getByText("Telemetry", { exact: true }).click();
  await page.getByLabel("Agents' reasons").selectOption("no");
  await page.getByLabel("Keyframe every").fill("20");
  await page.getByLabel("Agents recorded").fill("all");
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Snapshot every").fill("15");

  await page.getByRole("button", { name: "Add an event" }).click();
  const event = page.getByRole("group", { name: "Event 1" });
  const start = page.getByRole("button", { name: "Create and start" });
  assert.ok(await start.isDisabled(), "an event without a value says nothing");
  await event.getByLabel("Variable").selectOption("media_sentiment");
  await event.getByLabel("What happens to it").selectOption("max");
  await event.getByLabel("Value").fill("0.9");
  await event.getByLabel("From tick").fill("10");
  await event.getByLabel("Until tick").fill("5");
  await event.getByText("must be above the tick").waitFor();
  await event.getByLabel("Until tick").fill("30");
  await event.getByLabel("Regions").fill("CA, Oregon");
  await event.getByText("the data set has no region Oregon").waitFor();
  await event.getByLabel("Regions").fill("CA, OR");
  await event.getByLabel("Strength over time").selectOption("linear_decay");
  await event.getByLabel("Gone after").fill("12");
  await event.getByLabel("It begins").selectOption("metric");
  await event.getByLabel("Bound").fill("0.01");
  await event.getByText("at least 0.9 fading over 12 ticks from tick 10 until 30 in CA, OR, once adoption rate").waitFor();
  await page.getByRole("button", { name: "Add an event" }).click();
  await page.getByRole("group", { name: "Event 2" }).getByLabel("Value").fill("-0.2");
  await shot(page, "new-events");
  await accessible(page, "the form with events");
  await page.getByRole("button", { name: "Remove event 2" }).click();
  await start.click();
  await page.locator("h1 + .status.succeeded").waitFor();
  await page.locator(".about").getByText(`seed ${SEED}`).waitFor();
  const first = idOf(page);
  assert.ok((await text(`/runs/${first}`)).includes(`"seed":${SEED}`), "the seed arrived to its last digit");
  const { config } = await api("GET", `/runs/${first}`);
  const [effect] = config.scenario_patch.effects;
  assert.deepEqual([effect.operation, effect.value, effect.from_tick, effect.until_tick, effect.regions], ["max", 0.9, 10, 30, ["CA", "OR"]]);
  assert.deepEqual([effect.intensity, effect.precondition.metric], [{ shape: "linear_decay", ticks: 12 }, "adoption_rate"]);
  assert.deepEqual([config.telemetry.sample_agents, config.telemetry.keyframe_every, config.telemetry.reasons], ["all", 20, false]);
  assert.equal(config.snapshot_every_ticks, 15);

  // A run like it asks the same, to the bytes of its results.
  await page.getByRole("link", { name: "New like this" }).click();
  await page.getByText("at least 0.9 fading").waitFor();
  assert.equal(await page.getByLabel("Seed", { exact: true }).inputValue(), SEED);
  await page.getByRole("button", { name: "Create and start" }).click();
  await page.waitForFunction((before) => /runs\/[^/]+$/.test(location.hash) && !location.hash.endsWith(before), first);
  await page.locator("h1 + .status.succeeded").waitFor();
  const digest = async (id) => (await api("GET", `/runs/${id}/results`)).state_digest;
  assert.equal(await digest(idOf(page)), await digest(first));

  // A fork with a seed of its own, as large.
  await page.getByRole("group", { name: "Actions" }).getByRole("button", { name: "Fork" }).click();
  const dialog = page.getByRole("dialog", { name: "Fork this run" });
  assert.equal(await dialog.getByLabel("Seed").getAttribute("placeholder"), SEED);
  await dialog.getByLabel("Seed").fill("9007199254740993");
  await dialog.getByRole("button", { name: "Fork", exact: true }).click();
  await page.getByText("forked from").waitFor();
  await page.locator(".about").getByText("seed 9007199254740993").waitFor();
  assert.ok((await text(`/runs/${idOf(page)}`)).includes('"seed":9007199254740993'));

  // A child of the first run's scenario: the form takes over what its parent asks, and adds to what it shifts.
  const { outputs } = await api("GET", `/runs/${first}`);
  await open(page, `#/nodes/${outputs.node_id}`);
  await page.locator(".node-runs").getByText(`seed ${SEED}`).waitFor();
  await page.getByRole("button", { name: "Fork" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "the form" }).click();
  await page.getByText("It has all that this scenario has").waitFor();
  assert.equal(await page.getByLabel("Agents", { exact: true }).inputValue(), "3000");
  await page.getByLabel("Name", { exact: true }).fill("And confidence falls");
  await page.getByRole("button", { name: "Add an event" }).click();
  await page.getByRole("group", { name: "Event 1" }).getByLabel("Value").fill("-0.3");
  await page.getByRole("group", { name: "Event 1" }).getByLabel("From tick").fill("20");
  await page.getByLabel("Number of seeds").fill("2");
  await page.getByRole("button", { name: "Create and start" }).click();
  await page.getByRole("heading", { name: "Comparison" }).waitFor();
  await page.getByText("have not ended yet").waitFor({ state: "detached" });
  const { items } = await api("GET", "/runs?sort=-created_at&limit=1");
  const made = await api("GET", `/runs/${items[0].id}`);
  assert.equal(made.parent_node_id, outputs.node_id);
  assert.equal(made.config.scenario_patch.effects.length, 2, "the parent's effect and its own");
  await page.setViewportSize({ width: 360, height: 780 });
  await open(page, "#/new");
  await page.getByRole("button", { name: "Add an event" }).click();
  await fits(page, "the form with an event");
  await shot(page, "phone-new-event");
});
