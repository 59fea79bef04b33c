// Event scripts and bundles: written, tried and changed in the page, where nobody's version is written over, and gone through
// by a run of the form, whose results say what they did.
import assert from "node:assert/strict";
import { accessible, api, fits, inBrowser, open, PROJECT, shot } from "./harness.mjs";

await inBrowser(async (page) => {
  await open(page, `#/events?project=${PROJECT}`);
  await page.getByText("No scripts yet.").waitFor();
  await page.getByRole("link", { name: "New script" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Fuel shock");
  const effect = page.getByRole("group", { name: "Event 1" });
  await effect.getByLabel("Variable").selectOption("price_sensitivity");
  await effect.getByLabel("Value").fill("0.4");
  await effect.getByLabel("Until tick").fill("20");
  await page.getByLabel("Ticks", { exact: true }).fill("10");
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText(/until_tick .*horizon|A run takes it as it is/).first().waitFor();
  await page.getByLabel("Ticks", { exact: true }).fill("60");
  await page.getByText("A run takes it as it is.").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText("A run takes it as it is.").waitFor();
  await shot(page, "event-script");
  await accessible(page, "a script");
  await page.getByRole("button", { name: "Save the script" }).click();
  await page.getByRole("heading", { name: "Version 1" }).waitFor();
  const { items: [script] } = await api("GET", `/event-scripts?project_id=${PROJECT}`);
  assert.deepEqual([script.name, script.effect_count], ["Fuel shock", 1]);

  // Somebody else is faster: that is said, and nothing is written over.
  const theirs = await api("GET", `/event-scripts/${script.id}`);
  await api("PUT", `/event-scripts/${script.id}`, { version: 1, name: "Their shock", effects: theirs.effects });
  await effect.getByLabel("Value").fill("0.5");
  await page.getByRole("button", { name: "Save as the next version" }).click();
  const conflict = page.getByRole("alert").filter({ hasText: "Changed by someone else." });
  await conflict.getByText(/Version 2, .Their shock., was saved .* by local/).waitFor();
  assert.equal(await effect.getByLabel("Value").inputValue(), "0.5", "what was written is still there");
  await shot(page, "event-conflict");
  await accessible(page, "a conflict");
  await conflict.getByRole("button", { name: "Reload theirs" }).click();
  await page.getByRole("heading", { name: "Version 2" }).waitFor();
  assert.equal(await effect.getByLabel("Value").inputValue(), "0.4");

  // Mine over theirs is a version after theirs.
  await api("PUT", `/event-scripts/${script.id}`, { version: 2, name: "Their shock", effects: theirs.effects });
  await effect.getByLabel("Value").fill("0.6");
  await page.getByRole("button", { name: "Save as the next version" }).click();
  await conflict.getByRole("button", { name: "Save mine over it" }).click();
  await page.getByRole("heading", { name: "Version 4" }).waitFor();
  assert.equal((await api("GET", `/event-scripts/${script.id}`)).effects[0].value, 0.6);
  // What is typed while it is saved stays, and the next version comes after the saved one.
  let saving;
  await page.route(`**/event-scripts/${script.id}`, (route) => (route.request().method() === "PUT" ? void (saving = route) : route.continue()));
  await effect.getByLabel("Value").fill("0.7");
  await page.getByRole("button", { name: "Save as the next version" }).click();
  while (!saving) await new Promise((done) => setTimeout(done, 10));
  await effect.getByLabel("Value").fill("0.8");
  await saving.continue();
  await page.getByRole("heading", { name: "Version 5" }).waitFor();
  assert.equal(await effect.getByLabel("Value").inputValue(), "0.8");
  await page.unroute(`**/event-scripts/${script.id}`);
  await page.getByRole("button", { name: "Save as the next version" }).click();
  await page.getByRole("heading", { name: "Version 6" }).waitFor();
  assert.equal((await api("GET", `/event-scripts/${script.id}`)).effects[0].value, 0.8);

  // Where what somebody else made cannot be read at first, it can be asked for.
  await api("PUT", `/event-scripts/${script.id}`, { version: 6, name: "Their shock", effects: theirs.effects });
  await page.route(`**/event-scripts/${script.id}`, (route) => (route.request().method() === "GET" ? route.fulfill({ status: 503, json: { error_code: "OVERLOADED", detail: "Too much." } }) : route.continue()));
  await page.getByRole("button", { name: "Save as the next version" }).click();
  const again = page.getByRole("button", { name: "Read the present version" });
  await again.waitFor();
  await accessible(page, "a conflict with what could not be read");
  await page.unroute(`**/event-scripts/${script.id}`);
  await again.click();
  await conflict.getByText(/Version 7, .Their shock./).waitFor();
  await conflict.getByRole("button", { name: "Reload theirs" }).click();
  await page.getByRole("heading", { name: "Version 7" }).waitFor();

  // A script of another model's variables is tried in that model, and nothing of it is changed by being looked at.
  const foreign = await api("POST", "/event-scripts", { project_id: PROJECT, name: "Masks", effects: [{ variable: "contact_reduction", operation: "set", value: 0.5 }] });
  await open(page, `#/events/scripts/${foreign.id}`);
  await page.getByRole("heading", { name: "Masks" }).waitFor();
  assert.equal(await page.getByLabel("Model", { exact: true }).inputValue(), "epidemic");
  await page.getByLabel("Model", { exact: true }).selectOption("society");
  await page.getByRole("button", { name: "Try" }).click();
  await page.locator(".trial .wrong").getByText(/contact_reduction/).first().waitFor();
  assert.equal(await effect.getByLabel("Variable").inputValue(), "contact_reduction");
  await api("DELETE", `/event-scripts/${foreign.id}`);
}, { told: ["409", "503"] });

await inBrowser(async (page) => {
  await open(page, `#/events?project=${PROJECT}`);
  await page.getByRole("link", { name: /shock/ }).click();
  await page.getByRole("heading", { name: "Version 7" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Fuel shock");
  await page.getByLabel("Value").fill("0.4");
  await page.getByRole("button", { name: "Save as the next version" }).click();
  await page.getByRole("heading", { name: "Version 8" }).waitFor();
  await page.getByRole("navigation", { name: "Where you are" }).getByRole("link", { name: "Events" }).click();
  await page.getByRole("link", { name: "New bundle" }).click();
  await page.getByLabel("Name", { exact: true }).fill("A hard winter");
  await page.getByLabel("Order").selectOption("sequential");
  await page.getByLabel("Pause before it").fill("5");
  await page.getByRole("button", { name: "Add a script" }).click();
  await page.getByLabel("Pause before it").nth(1).fill("2");
  await page.getByLabel("Ticks", { exact: true }).fill("60");
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText("A run takes it as it is.").waitFor();
  await page.getByText("from tick 27 until 47").waitFor();
  // Both are drawn where they are felt.
  const felt = await page.locator(".felt i").evaluateAll((bars) => bars.map((bar) => Math.round((100 * bar.offsetLeft) / bar.parentElement.offsetWidth)));
  assert.deepEqual(felt, [8, 45]);
  await page.getByRole("button", { name: "Move up script 2" }).click();
  assert.equal(await page.getByLabel("Pause before it").first().inputValue(), "2");
  await page.getByRole("button", { name: "Move up script 2" }).click();
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText("A run takes it as it is.").waitFor();
  await shot(page, "event-bundle");
  await accessible(page, "a bundle");
  await page.getByRole("button", { name: "Save the bundle" }).click();
  await page.getByRole("heading", { name: "Version 1" }).waitFor();
  await open(page, `#/events?project=${PROJECT}`);
  await page.getByText("one after the other: Fuel shock +5, Fuel shock +2").waitFor();
  await shot(page, "events");
  await accessible(page, "the events");
  await page.setViewportSize({ width: 360, height: 780 });
  await fits(page, "the events on a phone");
  await page.setViewportSize({ width: 1440, height: 900 });

  await open(page, "#/new");
  await page.getByLabel("Ticks", { exact: true }).fill("60");
  await page.getByLabel("Agents", { exact: true }).fill("2000");
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Project").fill(PROJECT);
  await page.getByLabel("Event bundle").selectOption({ label: "A hard winter" });
  await page.getByLabel("Tell its impact by a twin run").check();
  await page.getByRole("button", { name: "Create and start" }).click();
  await page.locator("h1 + .status.succeeded").waitFor();
  await page.locator(".events").getByText("Scenario event").first().waitFor();
  const first = page.url().split("/").at(-1);
  const { config } = await api("GET", `/runs/${first}`);
  assert.deepEqual([config.scenario_patch.effects.length, config.scenario_patch.attribution], [2, true]);
  await page.locator(".rows").getByText("(Fuel shock)").first().waitFor();

  // A run like it has the same effects, to the same bytes, also when the bundle is gone.
  await open(page, `#/events/bundles/${config.scenario_patch.event_bundle_id}`);
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("button", { name: "Remove the bundle" }).click();
  await page.getByText("None yet. A bundle puts scripts").waitFor();
  await open(page, `#/new?like=${first}`);
  await page.getByText("Its effects are those that the other run had.").waitFor();
  await page.getByRole("button", { name: "Create and start" }).click();
  await page.waitForFunction((before) => /runs\/[^/]+$/.test(location.hash) && !location.hash.endsWith(before), first);
  await page.locator("h1 + .status.succeeded").waitFor();
  const digest = async (id) => (await api("GET", `/runs/${id}/results`)).state_digest;
  assert.equal(await digest(page.url().split("/").at(-1)), await digest(first));
});
