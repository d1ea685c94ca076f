// The bytes of a trace's parts; htm/recording/layout.py describes them.

const ARRAYS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array, i8: BigInt64Array };

// Returns typed arrays by name. fields: [name, type, rows, coding, below].
export function decode(fields, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = {};
  let at = 0;
  for (const [name, type, rows, coding] of fields) {
    const total = view.getUint32(at, true);
    const size = ARRAYS[type].BYTES_PER_ELEMENT;
    let array = joined(type, bytes, at + 8, total, size);
    if (coding === "step") for (let i = 1; i < total; i++) array[i] += array[i - 1];
    if (coding === "rise") array = risen(array, found[rows]);
    found[name] = array;
    at += 8 + Math.ceil((total * size) / 8) * 8;
  }
  return found;
}

// Elements lie in planes: the lowest byte of all, then the next byte of all.
function joined(type, bytes, from, total, size) {
  const kind = ARRAYS[type];
  if (size === 1) return bytes.slice(from, from + total);
  if (size === 2) {
    const array = new Uint16Array(total);
    for (let i = 0; i < total; i++) array[i] = bytes[from + i] | (bytes[from + total + i] << 8);
    return array;
  }
  const together = new Uint8Array(total * size);
  for (let plane = 0; plane < size; plane++) {
    const start = from + plane * total;
    for (let i = 0; i < total; i++) together[i * size + plane] = bytes[start + i];
  }
  return new kind(together.buffer);
}

// Differences within each row become numbers again.
function risen(array, counts) {
  let at = 0;
  for (const length of counts) {
    for (let i = 1; i < length; i++) array[at + i] += array[at + i - 1];
    at += length;
  }
  return array;
}

// Where each row begins, and where the last one ends.
export function offsets(counts) {
  const ends = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) ends[i + 1] = ends[i] + counts[i];
  return ends;
}
