// A server that is killed and started again while a run is watched: the page says that it is away, comes back by itself, and
// shows the run to its end.
import { inBrowser, launched, open, shot, tell } from "./harness.mjs";

const { id } = await launched("Through a restart", { horizon_ticks: 1000, population: { agents: 300_000 }, snapshot_every_ticks: 20 });

await inBrowser(async (page) => {
  await open(page, `#/runs/${id}`);
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByText(/tick [1-9]\d+ of 1000/).waitFor();
  await tell("kill");
  await page.getByText("The server cannot be reached").waitFor();
  await shot(page, "away");
  await tell("start");
  await page.getByText("The server cannot be reached").waitFor({ state: "detached" });
  await page.locator("h1 + .status.succeeded").waitFor();
  await page.getByText("tick 1000 of 1000").waitFor();
  await page.getByRole("img", { name: /Adoption rate: / }).waitFor();
}, { told: ["net::ERR_"], cut: true });
