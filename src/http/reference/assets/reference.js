// The search of the page of the API, and the buttons that copy. All that it shows is there without it.
"use strict";

const articles = [...document.querySelectorAll("article")].map((article) => ({
  article,
  text: article.textContent.toLowerCase(),
}));
const entries = [...document.querySelectorAll("nav li[data-of]")];
const input = document.getElementById("search");
const found = document.getElementById("found");

// Shows the articles that have every word of the search, and what leads to them.
function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set();
  for (const { article, text } of articles) {
    const fits = words.every((word) => text.includes(word));
    article.hidden = !fits;
    if (fits && !article.classList.contains("type")) shown.add(article.id);
  }
  for (const entry of entries) entry.hidden = !shown.has(entry.dataset.of);
  // A heading without anything below it leads nowhere; the types stay, which are no operations.
  for (const heading of document.querySelectorAll("nav h2")) {
    const list = heading.nextElementSibling;
    heading.hidden = list.querySelector("li:not([hidden])") === null;
  }
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = words.length > 0 && !section.querySelector("article:not([hidden])");
  }
  found.textContent = words.length > 0 ? `${shown.size} of ${entries.length}` : "";
}

// A link to something that the search hides ends the search.
function follow() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || !target.closest("[hidden]")) return;
  input.value = "";
  search();
  target.scrollIntoView();
}

function addCopying(figure) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(figure.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  figure.append(button);
}

document.querySelector(".search").hidden = false;
input.addEventListener("input", search);
window.addEventListener("hashchange", follow);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  input.focus();
});
// Browsers give scripts the clipboard on pages of this machine or over TLS alone.
if (navigator.clipboard) document.querySelectorAll("figure").forEach(addCopying);
search();
