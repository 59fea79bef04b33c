// Every page on a phone's width, in the dark, by keyboard, and with the longest run that there can be: nothing is wider than
// the window, everything can be reached, and the slider keeps up with the hand.
import assert from "node:assert/strict";
import { accessible, api, ended, fits, inBrowser, open, shot } from "./harness.mjs";

// An infection that immunity does not end: the map changes to the last tick.
const endemic = { model: "epidemic", parameters: { waning: 0.05 }, population: { agents: 5_000 } };
const long = await ended("A long run of a small society", { horizon_ticks: 1000, ...endemic });
const short = await ended("Another", { horizon_ticks: 50, population: { agents: 2_000 }, seed: 7 });
// Data sets of one's own: with coordinates, and without.
const rows = ["NO,North,400,60.5,8", "WE,West,200,51,-2", "EA,East,300,50,20", "SO,South,500,41,12"];
await api("POST", "/datasets", { name: "quarters", regions_csv: `code,name,population,latitude,longitude\n${rows.join("\n")}` });
await api("POST", "/datasets", { name: "wards", regions_csv: "code,population\nA,100\nB,200\nC,300" });
const of = (dataset) => ended(`Of ${dataset}`, { horizon_ticks: 40, population: { dataset, agents: 1_000 } });
const [quarters, wards] = [await of("quarters"), await of("wards")];
const PLACES = [
  ["runs", "#/runs", "table.runs"],
  ["run", `#/runs/${long.id}`, "path.region"],
  ["new", "#/new", ".create"],
  ["compare", `#/compare?runs=${long.id},${short.id}`, "table.outcomes"],
];

await inBrowser(async (page) => {
  for (const [name, hash, there] of PLACES) {
    await open(page, hash);
    await page.locator(there).first().waitFor();
    await fits(page, name);
    await accessible(page, `${name} on a phone`);
    await shot(page, `phone-${name}`);
  }
}, { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true });

await inBrowser(async (page) => {
  for (const [name, hash, there] of PLACES) {
    await open(page, hash);
    await page.locator(there).first().waitFor();
    await accessible(page, `${name} in the dark`);
    await shot(page, `dark-${name}`);
  }
  // The user's own choice wins over the system's, and stays.
  await page.getByRole("button", { name: "Light colours" }).click();
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
}, { colorScheme: "dark" });

await inBrowser(async (page) => {
  // Points where there are coordinates, each in its place; tiles with their codes where there are none.
  await open(page, `#/runs/${quarters.id}`);
  await page.locator("path.region").nth(3).waitFor();
  await page.locator("path[data-region=NO][d*=a]").waitFor();
  const top = (code) => page.locator(`path[data-region=${code}]`).evaluate((path) => path.getBBox().y);
  assert.ok((await top("NO")) < (await top("SO")), "north is up");
  await page.locator(".ranking").getByText("North").waitFor();
  await shot(page, "points");
  await accessible(page, "a map of points");
  await open(page, `#/runs/${wards.id}`);
  await page.locator(".map text", { hasText: "A" }).waitFor();
  assert.equal(await page.locator("path.region").count(), 3);
  await shot(page, "tiles");
}, { viewport: { width: 1280, height: 900 } });

await inBrowser(async (page) => {
  // By keyboard alone: past the head, to the first run, into it.
  await open(page);
  await page.locator("table.runs").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), "Skip to the page");
  await page.keyboard.press("Enter");
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.matches("td.name a"))) break;
  }
  await page.keyboard.press("Enter");
  await page.locator("path.region").first().waitFor();

  await open(page, `#/runs/${long.id}`);
  await page.locator("path.region[fill]").first().waitFor();
  const steps = await page.evaluate(async () => {
    const slider = document.querySelector("input[type=range][aria-label=Tick]");
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    let worst = 0;
    const seen = new Set();
    for (let step = 0; step <= 60; step += 1) {
      const begun = performance.now();
      slider.value = String(Math.round((Number(slider.max) * step) / 60));
      slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
      await frame();
      await frame();
      if (step > 0) worst = Math.max(worst, performance.now() - begun);
      seen.add([...document.querySelectorAll("path.region")].map((path) => path.getAttribute("fill")).join());
    }
    return { worst, seen: seen.size };
  });
  assert.ok(steps.seen > 8, `the map had ${steps.seen} looks`);
  // Two frames are 33 ms; the bound leaves room for a machine that others share.
  assert.ok(steps.worst < 500, `the slowest step of the slider took ${steps.worst} ms`);
});
