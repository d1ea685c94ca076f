"use strict";
// The files of a report: one profile at a time, a search box, and pictures that are opened from the table.
(() => {
  const profile = document.getElementById("profile");
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  const pictures = [...document.querySelectorAll("details[data-file]")];
  const rows = [...document.querySelectorAll("[data-profile] tbody tr")];

  function showProfile() {
    for (const part of document.querySelectorAll("[data-profile]")) part.hidden = part.dataset.profile !== profile.value;
    page.choose(profile.value);
  }

  function showFound() {
    const words = search.value.toLowerCase().split(/\s+/);
    const found = (name) => words.every((word) => name.toLowerCase().includes(word));
    for (const picture of pictures) picture.hidden = !found(picture.dataset.file);
    for (const row of rows) row.hidden = !found(row.cells[0].dataset.value);
    count.textContent = `${pictures.filter((picture) => !picture.hidden).length} of ${pictures.length} files`;
  }

  function open(address) {
    const picture = pictures.find((candidate) => `#${candidate.id}` === address);
    if (!picture) return;
    if (picture.hidden) {
      search.value = "";
      showFound();
    }
    picture.open = true;
    picture.scrollIntoView({ block: "start" });
  }

  profile.addEventListener("change", showProfile);
  search.addEventListener("input", showFound);
  for (const picture of pictures) {
    picture.addEventListener("toggle", () => {
      if (!picture.open) picture.querySelectorAll(".figure").forEach(page.forget);
    });
  }
  // Also when the address is the same as before: the reader may have closed the picture since.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#file-"]');
    if (link) open(link.getAttribute("href"));
  });
  addEventListener("hashchange", () => open(location.hash));
  showProfile(); // a browser keeps what was chosen and typed when a page is loaded again
  showFound();
  open(location.hash);
})();
