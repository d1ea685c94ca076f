// The encoder's bits, field by field.
import { AsText, Card, html, listed, number, useWidth } from "./html.js";
import { Picture, emptyGrid } from "./picture.js";
import { colour } from "./theme.js";

export function BitsCard({ trace, frame }) {
  const [place, width] = useWidth();
  const size = 8;
  const perRow = Math.max(8, Math.floor(width / size));
  let first = 0;
  const fields = trace.header.fields.map(([name, total]) => {
    const field = { name, total, bits: frame.bits.filter((bit) => bit >= first && bit < first + total).map((bit) => bit - first) };
    first += total;
    return field;
  });
  return html`<${Card} id="bits" title="Encoder" aside=${`${frame.bits.length} of ${number(first)} bits`}>
    <div ref=${place}>${fields.map(({ name, total, bits }) => {
      return html`<p class="field-name">${name}: ${bits.length} of ${number(total)} bits</p>
        <${Picture} width=${perRow * size} height=${Math.ceil(total / perRow) * size} label=${`${name}: ${bits.length} active bits.`}
          draw=${(context) => {
            emptyGrid(context, total, perRow, size, size);
            context.fillStyle = colour("first");
            for (const bit of bits) context.fillRect((bit % perRow) * size, Math.floor(bit / perRow) * size, size - 1, size - 1);
          }} />`;
    })}</div>
    <${AsText} text=${() => html`${fields.map(({ name, bits }) => html`<p>${name}: ${listed(bits, 60)}</p>`)}`} />
  </${Card}>`;
}
