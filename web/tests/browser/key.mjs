// A server that asks for keys: the page asks once, refuses a wrong one in words, keeps a right one for the tab, and sends
// it with the stream of a run too.
import assert from "node:assert/strict";
import { accessible, inBrowser, launched, open, shot } from "./harness.mjs";

const key = process.env.CIVITAS_KEY;
const { id } = await launched("Behind a key", { horizon_ticks: 1000, population: { agents: 1_000_000 } });

await inBrowser(async (page) => {
  await open(page, `#/runs/${id}`);
  await page.getByRole("heading", { name: "A key, please" }).waitFor();
  await shot(page, "key");
  await accessible(page, "the question for a key");
  const field = page.getByLabel("API key");
  await field.fill("civ_wrong");
  await page.getByRole("button", { name: "Enter" }).click();
  await page.getByText("The server does not know this key").waitFor();
  await field.fill(key);
  await field.press("Enter");
  await page.getByRole("heading", { name: "Behind a key" }).waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Behind a key" }).waitFor();
  const kept = await page.evaluate(() => [sessionStorage.getItem("civitas.key"), localStorage.getItem("civitas.key")]);
  assert.deepEqual(kept, [key, null], "the key is the tab's alone");
  assert.ok(!page.url().includes(key));
  await page.getByRole("button", { name: "Forget key" }).click();
  await page.getByRole("heading", { name: "A key, please" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("civitas.key")), null);

  await field.fill(key);
  await page.getByLabel("Remember it in this browser").check();
  await field.press("Enter");
  await page.getByRole("heading", { name: "Behind a key" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem("civitas.key")), key, "kept because it was asked for");
}, { told: ["401"] });
