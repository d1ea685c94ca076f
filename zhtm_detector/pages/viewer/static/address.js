// What the address says: #run/RECORD/cell/CELL, or #DEMO.

export function parse(hash) {
  const [view = "", first, word, second] = decodeURIComponent(hash.replace(/^#/, "")).split("/");
  const whole = (text) => (/^\d{1,9}$/.test(text ?? "") ? Number(text) : null);
  return { view, record: whole(first), cell: word === "cell" ? whole(second) : null };
}

export function format({ view, record, cell }) {
  if (view !== "run") return `#${view}`;
  return `#run/${record ?? 0}${cell === null || cell === undefined ? "" : `/cell/${cell}`}`;
}

export function read() {
  try {
    return parse(location.hash);
  } catch {
    return parse("");
  }
}

// Replaces, so that a page that plays leaves no thousand entries to go back through.
let timer = 0;
export function write(place) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (format(place) !== location.hash) history.replaceState(null, "", format(place));
  }, 150);
}
