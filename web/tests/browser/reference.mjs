// The reference of the API at /docs/api: it is read by screen readers, found by keyboard, fits a phone, and its policy allows
// nothing inline.
import assert from "node:assert/strict";
import { accessible, base, fits, inBrowser, shot } from "./harness.mjs";

async function reference(page) {
  const answer = await page.goto(`${base}/docs/api`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return answer;
}

await inBrowser(async (page) => {
  const answer = await reference(page);
  const policy = answer.headers()["content-security-policy"];
  assert.ok(policy.includes("default-src 'none'") && !policy.includes("unsafe"), policy);
  await accessible(page, "the reference");
  await shot(page, "reference", false);

  // By keyboard: the search narrows down, and what it leaves can be walked to.
  const links = page.locator("nav li[data-of] a:visible");
  const whole = await links.count();
  await page.keyboard.press("/");
  await page.keyboard.type("universe-map");
  await page.locator("#found").getByText(` of ${whole}`).waitFor();
  const left = await links.count();
  assert.ok(left > 0 && left < whole, `the search leaves ${left} of ${whole}`);
  assert.deepEqual(await page.locator("nav h2:visible").allTextContents(), ["Nodes", "Types"], "headings of what is left");
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.matches("nav li[data-of] a"))) break;
  }
  const to = await page.evaluate(() => document.activeElement.getAttribute("href"));
  await page.keyboard.press("Enter");
  await page.waitForFunction((hash) => location.hash === hash, to);
  const seen = await page.evaluate((hash) => {
    const { top, bottom } = document.querySelector(hash).getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  }, to);
  assert.ok(seen, `${to} is in view`);
});

await inBrowser(async (page) => {
  await reference(page);
  await fits(page, "the reference on a phone");
  // What a search leaves is looked at: the whole, which takes its time, was above.
  await page.getByRole("searchbox").fill("verify");
  await page.locator("#found").getByText(" of ").waitFor();
  await accessible(page, "the reference on a phone, in the dark");
  await shot(page, "phone-reference", false);
}, { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true, colorScheme: "dark" });
