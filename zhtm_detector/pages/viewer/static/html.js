// Preact and htm together, and small parts that every view uses.
import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import htm from "htm";

export const html = htm.bind(h);

// Numbers as people read them: so many significant digits, thousands apart.
const formats = Array.from({ length: 10 }, (_, digits) => new Intl.NumberFormat("en", digits ? { maximumSignificantDigits: digits } : {}));

export function number(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (Number.isInteger(value)) return formats[0].format(value);
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(digits - 1);
  return formats[digits].format(value);
}

export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

// A list of numbers for a reader of the text; long ones are cut.
export function listed(values, most = 40) {
  const shown = Array.from(values.slice(0, most)).join(", ");
  return values.length === 0 ? "none" : values.length > most ? `${shown}, … (${number(values.length)} in all)` : shown;
}

export function Card({ title, aside, wide, id, children }) {
  const head = `${id}-title`;
  return html`<section class=${`card ${wide ?? ""}`} id=${id} aria-labelledby=${head}>
    <div class="card-head"><h2 id=${head}>${title}</h2>${aside && html`<span class="aside">${aside}</span>`}</div>
    ${children}
  </section>`;
}

// What a picture shows, as text: closed, and not worked out, until someone asks. text() returns it.
export function AsText({ text, name = "As text" }) {
  const [open, setOpen] = useState(false);
  return html`<details class="as-text" onToggle=${(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)}>
    <summary>${name}</summary>${open && html`<div>${text()}</div>`}</details>`;
}

export function Legend({ items }) {
  return html`<ul class="legend">${items.map(
    ([mark, name]) => html`<li><i class=${`mark ${mark}`} aria-hidden="true"></i>${name}</li>`,
  )}</ul>`;
}

export function Facts({ rows }) {
  return html`<table class="facts"><tbody>${rows.map(
    ([name, value, note]) => html`<tr><th scope="row">${name}</th><td>${value}</td>${note !== undefined && html`<td
      class="note">${note}</td>`}</tr>`,
  )}</tbody></table>`;
}

export function Slider({ label, value, min, max, step = 1, shown, onChange, disabled }) {
  return html`<label class="slider"><span>${label}</span><output>${shown ?? number(value)}</output>
    <input type="range" min=${min} max=${max} step=${step} value=${value} disabled=${disabled}
      aria-valuetext=${`${shown ?? number(value)}`} onInput=${(event) => onChange(Number(event.target.value))} /></label>`;
}

export function Choice({ label, value, options, onChange }) {
  return html`<label class="choice"><span>${label}</span><select value=${value} onChange=${(event) => onChange(event.target.value)}>
    ${options.map(([key, name]) => html`<option value=${key} selected=${key === value}>${name}</option>`)}</select></label>`;
}

// The width of an element, which a picture in it is drawn for.
export function useWidth(start = 320) {
  const place = useRef(null);
  const [width, setWidth] = useState(start);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return [place, width];
}
