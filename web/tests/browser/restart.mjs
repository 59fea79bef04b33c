// A server that is killed and started again while a run is watched: the page says that it is away, comes back by itself, and
// shows the run to its end. What was on its way when the server went, the outlines of the map among it, comes afterwards.
import assert from "node:assert/strict";
import { inBrowser, launched, open, shot, tell, WAIT_MS } from "./harness.mjs";

const { id } = await launched("Through a restart", { horizon_ticks: 1000, population: { agents: 100_000 }, snapshot_every_ticks: 20 });

await inBrowser(async (page) => {
  const outlines = "**/assets/states-*.json";
  const held = [];
  await page.route(outlines, (route) => held.push(route));
  await open(page, `#/runs/${id}`);
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByText(/tick [1-9]\d+ of 1000/).waitFor();
  await page.locator(".map.waiting").waitFor();
  assert.equal(held.length, 1, "the outlines are asked for once");
  await tell("kill");
  await held[0].abort("connectionreset");
  await page.unroute(outlines);
  await page.getByText("The server cannot be reached").waitFor();
  await shot(page, "away");
  await tell("start");
  await page.getByText("The server cannot be reached").waitFor({ state: "detached" });
  await page.locator("path.region").nth(50).waitFor();
  // A hundred million steps take their time where others compute too.
  await page.locator("h1 + .status.succeeded").waitFor({ timeout: 4 * WAIT_MS });
  await page.getByText("tick 1000 of 1000").waitFor();
  await page.getByRole("img", { name: /Adoption rate: / }).waitFor();
}, { told: ["net::ERR_"] });
