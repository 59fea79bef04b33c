// A run like another one asks the same, to the bytes of its results, whatever was asked: copies of a persona, effects after
// those of a bundle above, a version of a data set, a beginning that was shared. What a run went on from is on its page too.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { accessible, api, base, ended, inBrowser, open, PROJECT, shot } from "./harness.mjs";

const idOf = (page) => page.url().split("/").at(-1);

/** A digest of what a run found: its results but for what tells one run from another. */
async function found(id) {
  const { run_id: _run, node_id: _node, telemetry_ref: _telemetry, forked_from: _fork, ...rest } = await api("GET", `/runs/${id}/results`);
  return createHash("sha256").update(JSON.stringify(rest)).digest("hex");
}

/** Makes a run like this one in the page, as it is; gives its id once it has ended. */
async function again(page, { id, name }, look = async () => undefined) {
  await open(page, `#/runs/${id}`);
  await page.getByRole("link", { name: "New like this" }).click();
  await page.waitForFunction((of) => document.querySelector(".create input")?.value === of, name);
  await look();
  await page.getByRole("button", { name: "Create and start" }).click();
  await page.waitForFunction((before) => /runs\/[^/]+$/.test(location.hash) && !location.hash.endsWith(before), id);
  await page.locator("h1 + .status.succeeded").waitFor();
  const made = idOf(page);
  assert.equal(await found(made), await found(id), `${name}: a run like it found something else`);
  return api("GET", `/runs/${made}`);
}

/** Waits until all of these runs have ended. */
const all = (runs) => Promise.all(runs.map(async ({ id }) => {
  for (;;) {
    const run = await api("GET", `/runs/${id}`);
    if (run.status === "succeeded") return run;
    await new Promise((done) => setTimeout(done, 50));
  }
}));

const small = { horizon_ticks: 40, population: { agents: 2_000 } };

await inBrowser(async (page) => {
  // Copies in a society that was recorded, and in one that was not.
  const society = await ended("The society", { ...small, model: "bass", seed: 3 });
  const traits = (await api("GET", "/models/bass")).traits;
  const goal = [{ trait: traits.find(({ type }) => type === "boolean").name, equals: true }];
  const target = { persona: { region: "CA" }, copies: 400, goal };
  const lived = { target: { ...target, society: { run_id: society.id, environment: "mean" } }, horizon_ticks: 30 };
  const living = await ended("In a society", lived, { mode: "target" });
  const { config } = await again(page, living, () => page.getByText("Model, data set, parameters and network are that run's.").waitFor());
  assert.deepEqual(config.target, living.config.target);
  const alone = await ended("Alone", { model: "bass", horizon_ticks: 20, target, scheduler: { batch_size: 300 } }, { mode: "target" });
  const same = await again(page, alone, async () => {
    const kept = page.getByRole("region", { name: "Kept" });
    assert.match(await kept.locator("pre").textContent(), /"batch_size": 300/, "what has no field is shown");
    await accessible(page, "the form of a journey");
  });
  assert.equal(same.config.scheduler.batch_size, 300);
});

await inBrowser(async (page) => {
  // A scenario below one with a bundle: what it does itself comes after the bundle's effects.
  const effect = (operation, value, more = {}) => ({ variable: "media_sentiment", operation, value, ...more });
  const script = await api("POST", "/event-scripts", { project_id: PROJECT, name: "Headlines", effects: [effect("set", 0.9, { from_tick: 5 })] });
  const bundle = await api("POST", "/event-scripts/bundles", { project_id: PROJECT, name: "A loud spring", scripts: [{ script_id: script.id }] });
  const above = await ended("Above", small, { scenario_patch: { event_bundle_id: bundle.id } });
  const below = await ended("Below", {}, { parent_node_id: above.outputs.node_id, scenario_patch: { effects: [effect("multiply", 0.5, { from_tick: 10 })] } });
  const { config } = await again(page, below, async () => {
    await page.locator(".effect.told").getByText("(Headlines)").waitFor();
    await shot(page, "new-like");
    await accessible(page, "the form of a run like another");
  });
  assert.deepEqual(config.scenario_patch.effects.map(({ operation }) => operation), ["set", "multiply"]);
  // All effects of a bundle go together.
  await open(page, `#/new?like=${below.id}`);
  // In another project too they are what the other run had.
  const project = page.getByLabel("Project");
  await page.getByText("More", { exact: true }).click();
  await project.fill("0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a11");
  assert.match(await page.getByLabel("The body of the request").textContent(), /"event_bundle_id"/);
  await project.fill(PROJECT);
  await page.getByRole("button", { name: "Remove its bundle, event 1" }).click();
  await page.getByRole("group", { name: "Event 1" }).getByText("0.5").waitFor();
  assert.doesNotMatch(await page.getByLabel("The body of the request").textContent(), /event_bundle_id/);
  // A new run is like none.
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "New run" }).click();
  await page.locator(".effect").waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "");

  // The version of a data set that a run had, though there is a newer one.
  const wards = (rows) => api("POST", "/datasets", { name: "wards", regions_csv: `code,population\n${rows.join("\n")}` });
  await wards(["A,100", "B,200"]);
  const old = await ended("Of old wards", { horizon_ticks: 20, population: { dataset: "wards", agents: 500 } });
  await wards(["A,500", "B,20", "C,30"]);
  const version = await again(page, old);
  assert.equal(version.config.dataset_version, "1");
  // The form knows the regions of the version that is meant: the newest, unless that of another run is kept.
  await open(page, `#/new?like=${old.id}`);
  await page.getByRole("button", { name: "Add an agent" }).click();
  const agent = page.getByRole("group", { name: "Agent 1" });
  await agent.getByLabel("Region").fill("C");
  await agent.getByText("the data set has no region C").waitFor();
  await page.getByRole("button", { name: "Leave it out" }).click();
  await agent.getByText("the data set has no region C").waitFor({ state: "detached" });
});

await inBrowser(async (page) => {
  // Two that share their beginning: the second has the first one's state, and all of its ticks are on its page.
  const shock = { scenario_patch: { effects: [{ variable: "economy_confidence", operation: "add", value: -0.3, from_tick: 90 }] } };
  const batch = await api("POST", "/runs/batch", {
    project_id: PROJECT, auto_start: true, base_config: { horizon_ticks: 110, population: { agents: 60_000 } }, variations: [{ name: "Calm" }, { name: "Shock", ...shock }],
  });
  const [calm, shared] = await all(batch.runs);
  assert.deepEqual(shared.forked_from, { run_id: calm.id, tick: 90 });
  await open(page, `#/runs/${shared.id}`);
  await page.getByText("goes on from").waitFor();
  await page.waitForFunction(() => document.querySelector(".plot")?.dataset.points === "111");
  await page.getByRole("img", { name: /Ticks 0 to 110/ }).first().waitFor();
  await page.getByRole("slider", { name: "Tick" }).fill("0");
  await page.getByTestId("tick").getByText("tick 0", { exact: true }).waitFor();
  await shot(page, "run-shared");
  const { config, forked_from } = await again(page, shared);
  assert.deepEqual([config.scenario_patch.effects.length, forked_from], [1, null], "it steps all of its ticks itself");
  await open(page, `#/compare?runs=${calm.id},${shared.id}`);
  await page.waitForFunction(() => document.querySelector(".plot")?.dataset.points === "111");

  // A fork of a fork: three runs have its ticks.
  // Two snapshots each, which is as many as are kept.
  const first = await ended("The first", { ...small, snapshot_every_ticks: 20 });
  const fork = async (of, from_tick, config, scenario_patch) => {
    const made = await api("POST", `/runs/${of}/fork`, { from_tick, config, scenario_patch });
    await api("POST", `/runs/${made.id}/start`);
    return (await all([made]))[0];
  };
  const second = await fork(first.id, 20, { seed: 7, snapshot_every_ticks: 10 }, { variable_deltas: { media_sentiment: 0.2 } });
  const effect = { variable: "economy_confidence", operation: "add", value: -0.4, from_tick: 35 };
  const third = await fork(second.id, 30, { seed: 8 }, { variable_deltas: { media_sentiment: 0 }, effects: [effect] });
  const own = await (await fetch(`${base}/api/v1/telemetry/${third.id}/slice`)).json();
  assert.equal(own.ticks[0], 30);
  await open(page, `#/runs/${third.id}`);
  await page.waitForFunction(() => document.querySelector(".plot")?.dataset.points === "41");
  await page.getByRole("img", { name: /Ticks 0 to 40/ }).first().waitFor();
  assert.equal(await page.getByRole("link", { name: "New like this" }).count(), 0, "a fork has a past that a new run has not");
  await page.getByRole("button", { name: "Run again" }).click();
  await page.waitForFunction((before) => !location.hash.endsWith(before), third.id);
  await page.locator("h1 + .status.succeeded").waitFor();
  assert.equal(await found(idOf(page)), await found(third.id), "the same fork finds the same");

  // A fork that ends before something of its parent's begins has that no more, and all that is its own.
  const late = await ended("With a late effect", { ...small, snapshot_every_ticks: 20 }, { scenario_patch: { effects: [effect] } });
  const short = await fork(late.id, 20, { horizon_ticks: 30 }, { effects: [{ ...effect, from_tick: 25 }] });
  await open(page, `#/runs/${short.id}`);
  await page.getByRole("button", { name: "Run again" }).click();
  await page.waitForFunction((before) => !location.hash.endsWith(before), short.id);
  await page.locator("h1 + .status.succeeded").waitFor();
  assert.equal(await found(idOf(page)), await found(short.id), "its own effects are asked for again");

  // One more run of a scenario that a fork began has a past, and is no fork.
  const more = await api("POST", "/runs", { project_id: PROJECT, node_id: third.outputs.node_id, name: "Another seed", config: { seed: 9 } });
  await api("POST", `/runs/${more.id}/start`);
  await all([more]);
  await open(page, `#/runs/${more.id}`);
  await page.getByRole("button", { name: "Run again" }).click();
  await page.waitForFunction((before) => !location.hash.endsWith(before), more.id);
  await page.locator("h1 + .status.succeeded").waitFor();
  assert.equal(await found(idOf(page)), await found(more.id));

  // A fork with nothing changed is asked for so, in its project; one that cannot start is there all the same.
  const elsewhere = PROJECT.replace(/.$/, "2");
  const { id } = await api("POST", `/runs/${second.id}/fork`, { from_tick: 30, project_id: elsewhere });
  await api("POST", `/runs/${id}/start`);
  await all([{ id }]);
  await page.route("**/start", (route) => route.fulfill({ status: 503, json: { error_code: "OVERLOADED", detail: "Too much at once." } }));
  await open(page, `#/runs/${id}`);
  await page.getByRole("button", { name: "Run again" }).click();
  await page.waitForFunction((before) => !location.hash.endsWith(before), id);
  await page.getByText("Too much at once.").waitFor();
  await page.locator("h1 + .status.queued").waitFor();
  await page.unroute("**/start");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.locator("h1 + .status.succeeded").waitFor();
  assert.equal((await api("GET", `/runs/${idOf(page)}`)).project_id, elsewhere);
  assert.equal(await found(idOf(page)), await found(id));
}, { told: ["503"] });
