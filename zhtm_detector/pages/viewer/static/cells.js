// All cells of the temporal memory, and the columns in use drawn large.
import { useLayoutEffect, useRef } from "preact/hooks";
import { AsText, Card, Legend, count, html, listed, number, useWidth } from "./html.js";
import { Picture, emptyGrid, spot } from "./picture.js";
import { colour, pixel, useTheme } from "./theme.js";

const MOST_LARGE = 120; // columns drawn large
const BAND_GAP = 6; // pixels between bands of columns

export function CellsCard({ trace, frame, cell, setCell }) {
  const { columns, deep } = trace;
  const aside = `${number(columns)} columns of ${count(deep, "cell")}, ${number(frame.activeCells.length)} active`;
  return html`<${Card} id="cells" title="Temporal memory's cells" aside=${aside}>
    <${CellMap} trace=${trace} frame=${frame} cell=${cell} setCell=${setCell} />
    <h3>Columns that are active or were predicted</h3>
    <${LargeColumns} trace=${trace} frame=${frame} cell=${cell} setCell=${setCell} />
    <${Legend} items=${[["correct", "active, predicted"], ["bursting", "active, bursting"], ["winner", "winner cell"], ["missed", "predicted, did not come"], ["next", "predicts the next record"], ["chosen", "cell looked at"]]} />
    <${AsText} text=${() => html`
      <p>Active cells of predicted columns: ${listed(frame.correctCells)}</p><p>Bursting columns: ${listed(frame.bursting)}</p>
      <p>Winner cells: ${listed(frame.winners)}</p><p>Predictive cells, for the next record: ${listed(frame.predictive)}</p>
    `} />
  </${Card}>`;
}

// Bands of columns, one below the other; a cell is a square of a few device pixels, in one ImageData.
export function layout(columns, deep, width, ratio) {
  const least = Math.max(1, Math.round(2 * ratio));
  const wide = Math.max(Math.floor(width * ratio), least * 16);
  const bands = Math.ceil((columns * least) / wide);
  const perBand = Math.ceil(columns / bands);
  const size = Math.min(Math.floor(wide / perBand), Math.round(12 * ratio));
  const gap = Math.round(BAND_GAP * ratio);
  return { size, perBand, bands, gap, width: perBand * size, height: bands * (deep * size + gap) - gap };
}

function CellMap({ trace, frame, cell, setCell }) {
  const [place, width] = useWidth();
  const canvas = useRef(null);
  const kept = useRef({});
  const theme = useTheme();
  const { columns, deep } = trace;
  const ratio = window.devicePixelRatio || 1;
  const grid = layout(columns, deep, width, ratio);
  useLayoutEffect(() => {
    const context = canvas.current.getContext("2d");
    const key = `${grid.width} ${grid.height} ${theme}`;
    if (kept.current.key !== key) {
      canvas.current.width = grid.width;
      canvas.current.height = grid.height;
      const image = context.createImageData(grid.width, grid.height);
      const pixels = new Uint32Array(image.data.buffer);
      const blank = pixel("empty");
      for (let column = 0; column < columns; column++) fill(pixels, grid, deep, column * deep, deep, blank, 0);
      kept.current = { key, image, pixels, clean: pixels.slice() };
    }
    const { image, pixels, clean } = kept.current;
    pixels.set(clean);
    paint(pixels, grid, deep, frame);
    if (cell !== null) outline(pixels, grid, deep, cell);
    context.putImageData(image, 0, 0);
  });
  const picked = (event) => {
    const [x, y] = spot(event).map((where) => where * ratio);
    const band = Math.floor(y / (deep * grid.size + grid.gap));
    const column = band * grid.perBand + Math.floor(x / grid.size);
    const row = Math.floor((y - band * (deep * grid.size + grid.gap)) / grid.size);
    if (row < deep && column < columns && Math.floor(x / grid.size) < grid.perBand) setCell(nearest(frame, column, row, deep, columns, grid.perBand));
  };
  const size = { width: `${grid.width / ratio}px`, height: `${grid.height / ratio}px` };
  return html`<div ref=${place}><canvas id="cell-map" class="picks" ref=${canvas} role="img" style=${size} onClick=${picked}
    aria-label=${`${number(columns * deep)} cells: ${frame.correctCells.length} active in predicted columns, ${frame.bursting.length} bursting columns, ${frame.predictive.length} predictive cells.`}></canvas></div>`;
}

function fill(pixels, grid, deep, first, cells, value, grow) {
  const column = Math.floor(first / deep);
  const band = Math.floor(column / grid.perBand);
  const left = Math.max(0, (column - band * grid.perBand) * grid.size - grow);
  const top = Math.max(0, band * (deep * grid.size + grid.gap) + (first % deep) * grid.size - grow);
  const right = Math.min(grid.width, (column - band * grid.perBand + 1) * grid.size + grow);
  const bottom = Math.min(grid.height, band * (deep * grid.size + grid.gap) + ((first % deep) + cells) * grid.size + grow);
  for (let y = top; y < bottom; y++) pixels.fill(value, y * grid.width + left, y * grid.width + right);
}

// Single cells grow by a pixel where they are small; whole columns do not.
function paint(pixels, grid, deep, frame) {
  const grow = grid.size < 5 ? 1 : 0;
  const each = (cells, name) => {
    const value = pixel(name);
    for (const cell of cells) fill(pixels, grid, deep, cell, 1, value, grow);
  };
  each(frame.predictive, "next");
  each(frame.missedCells, "missed");
  const burst = pixel("bursting");
  for (const column of frame.bursting) fill(pixels, grid, deep, column * deep, deep, burst, 0);
  each(frame.correctCells, "correct");
  each(frame.burstWinners, "winner");
}

function outline(pixels, grid, deep, cell) {
  const ink = pixel("ink");
  const column = Math.floor(cell / deep);
  const band = Math.floor(column / grid.perBand);
  const [x, y] = [(column - band * grid.perBand) * grid.size, band * (deep * grid.size + grid.gap) + (cell % deep) * grid.size];
  const [low, high] = [-3, grid.size + 2];
  const dot = (px, py) => {
    if (px >= 0 && py >= 0 && px < grid.width && py < grid.height) pixels[py * grid.width + px] = ink;
  };
  for (let k = low; k <= high; k++) {
    for (const edge of [low, high]) {
      dot(x + k, y + edge);
      dot(x + edge, y + k);
    }
  }
}

// The cell under the pointer, or a lively one close to it: squares of two pixels are hard to hit.
function nearest(frame, column, row, deep, columns, perBand) {
  let [best, closest] = [column * deep + row, 9];
  for (const cells of [frame.correctCells, frame.burstWinners, frame.predictive, frame.missedCells]) {
    for (const cell of cells) {
      const other = Math.floor(cell / deep);
      if (Math.floor(other / perBand) !== Math.floor(column / perBand)) continue;
      const distance = (other - column) ** 2 + ((cell % deep) - row) ** 2;
      if (distance < closest) [best, closest] = [cell, distance];
    }
  }
  return best;
}

function LargeColumns({ trace, frame, cell, setCell }) {
  const [place, width] = useWidth();
  const { deep } = trace;
  const all = [...frame.correct, ...frame.bursting, ...frame.missed].sort((a, b) => a - b);
  const shown = all.slice(0, MOST_LARGE);
  const wide = Math.max(5, Math.min(16, Math.floor(width / Math.max(shown.length, 1))));
  const perRow = Math.max(1, Math.floor(width / wide));
  const tall = 8;
  const high = deep * tall + 8;
  const rows = Math.max(1, Math.ceil(MOST_LARGE / perRow) > 1 ? Math.ceil(shown.length / perRow) : 1);
  const places = new Map(shown.map((column, k) => [column, k]));
  const picked = (event) => {
    const [x, y] = spot(event);
    const k = Math.floor(y / high) * perRow + Math.floor(x / wide);
    const row = Math.floor((y % high) / tall);
    if (k < shown.length && row < deep) setCell(shown[k] * deep + row);
  };
  const moved = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || !shown.length) return;
    event.preventDefault();
    event.stopPropagation();
    const column = cell === null ? -1 : shown.indexOf(Math.floor(cell / deep));
    if (column < 0) return setCell(shown[0] * deep);
    const k = Math.max(0, Math.min(shown.length - 1, column + step[0]));
    return setCell(shown[k] * deep + Math.max(0, Math.min(deep - 1, (cell % deep) + step[1])));
  };
  return html`<div ref=${place}><${Picture} id="large-columns" class="picks" data-keys="arrows" tabindex="0" width=${width}
    height=${rows * high - 2}
    onClick=${picked} onKeyDown=${moved}
    label=${`${all.length} columns, each with its ${deep} cells. Arrow keys choose a cell${cell === null ? "" : `; cell ${cell} is chosen`}.`}
    draw=${(context) => {
      for (let k = 0; k < shown.length; k += perRow) {
        const inRow = Math.min(perRow, shown.length - k);
        emptyGrid(context, inRow * deep, inRow, wide, tall, (k / perRow) * high);
      }
      const each = (cells, name, left, right) => {
        context.fillStyle = colour(name);
        for (const one of cells) {
          const k = places.get(Math.floor(one / deep));
          if (k === undefined) continue;
          context.fillRect((k % perRow) * wide + left, Math.floor(k / perRow) * high + (one % deep) * tall, right - left, tall - 1);
        }
      };
      each(frame.missedCells, "missed", 0, wide - 1);
      each(frame.activeCells, "bursting", 0, wide - 1);
      each(frame.correctCells, "correct", 0, wide - 1);
      each(frame.burstWinners, "bursting", 0, wide - 1);
      each(frame.burstWinners, "winner", 1, wide - 2);
      each(frame.predictive, "next", Math.floor(wide * 0.6), wide - 1);
      const k = cell === null ? undefined : places.get(Math.floor(cell / deep));
      if (k === undefined) return;
      context.strokeStyle = colour("ink");
      context.lineWidth = 2;
      context.strokeRect((k % perRow) * wide - 0.5, Math.floor(k / perRow) * high + (cell % deep) * tall - 0.5, wide, tall);
    }} /></div>
    ${all.length > shown.length && html`<p class="note">The first ${MOST_LARGE} of ${number(all.length)} columns.</p>`}`;
}
