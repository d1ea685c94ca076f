"use strict";
// The files of a report: one profile at a time, search and category, and pictures opened by table, keys or address.
(() => {
  const [profile, category, search, count, message] =
    ["profile", "category", "search", "count", "message"].map((id) => document.getElementById(id));
  const pictures = [...document.querySelectorAll("details[data-file]")];
  const rows = [...document.querySelectorAll("[data-profile] tbody tr")];
  let current = null; // the picture that the address names

  function showProfile() {
    for (const part of document.querySelectorAll("[data-profile]")) part.hidden = part.dataset.profile !== profile.value;
    page.choose(profile.value);
  }

  function showFound() {
    const words = search.value.toLowerCase().split(/\s+/);
    const folder = (file) => file.slice(0, file.lastIndexOf("/") + 1) || "./";
    const found = (file) => ["", folder(file)].includes(category.value)
      && words.every((word) => file.toLowerCase().includes(word));
    for (const picture of pictures) picture.hidden = !found(picture.dataset.file);
    for (const row of rows) row.hidden = !found(row.cells[0].dataset.value);
    count.textContent = `${pictures.filter((picture) => !picture.hidden).length} of ${pictures.length} files`;
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // a lone "%"
    }
  }

  // "nyc_taxi", or "nyc_taxi/2" for its second window; instead of the short name also the path, with or without ".csv".
  function target(name) {
    const named = (text) => pictures.find(({ dataset: { link, file } }) =>
      [decoded(link), file, file.replace(/\.csv$/, "")].includes(text));
    const [, file, number] = /^(.*)\/([1-9]\d*)$/.exec(name) ?? [];
    const whole = named(name);
    return whole ? { picture: whole } : { picture: named(file), number };
  }

  function open(address) {
    const name = decoded(address.slice(1));
    const { picture, number } = target(name);
    message.textContent = "";
    if (!picture) {
      const same = pictures.map(({ dataset: { file } }) => file).filter((file) => file.endsWith(`/${name}.csv`));
      if (same.length) message.textContent = `Several files are called ${name}: ${same.join(", ")}.`;
      else if (name && !document.getElementById(name)) message.textContent = `This report has no file called ${name}.`;
      return;
    }
    if (current && current !== picture) current.open = false;
    current = picture;
    if (picture.hidden) {
      search.value = category.value = "";
      showFound();
    }
    picture.open = true;
    const windows = picture.querySelectorAll("[data-range]");
    if (number > windows.length) message.textContent = `${picture.dataset.file} has no window ${number}; labelled windows: ${windows.length}.`;
    const range = windows[number - 1]?.dataset.range.split(",").map(Number);
    page.zoom(picture.querySelector(".figure"), range);
    picture.scrollIntoView({ block: "start" });
  }

  // The next or the previous file in the table, as it is sorted and filtered.
  function step(by) {
    const links = [...document.querySelectorAll("[data-profile]:not([hidden]) tbody tr:not([hidden]) a")];
    const at = links.findIndex((link) => link.hash === `#${current?.dataset.link}`);
    const next = at < 0 ? links.at(by > 0 ? 0 : -1) : links[at + by];
    if (next) location.hash = next.hash;
    else message.textContent = `There is no ${by > 0 ? "next" : "previous"} file in the table.`;
  }

  profile.addEventListener("change", showProfile);
  search.addEventListener("input", showFound);
  category.addEventListener("change", showFound);
  for (const picture of pictures) {
    picture.addEventListener("toggle", () => {
      if (!picture.open) picture.querySelectorAll(".figure").forEach(page.forget);
      else if (current !== picture) { // opened by its own line, not by the address
        history.pushState(null, "", `#${picture.dataset.link}`);
        current = picture;
      }
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "n") step(1);
    if (event.key === "p") step(-1);
  });
  // An address that stays the same sends no "hashchange", but the reader may have closed the picture or zoomed since.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) open(link.hash);
  });
  addEventListener("hashchange", () => open(location.hash));
  showProfile(); // a browser restores choices and texts when a page is loaded again
  showFound();
  open(location.hash);
})();
