// The normal tail of the anomaly likelihood, and its scale.

// The tail from x on, to 1e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
export function tail(x, mean, deviation) {
  const z = (x - mean) / deviation / 1.4142;
  const t = 1 / (1 + 0.3275911 * Math.abs(z));
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = 0.5 * poly * Math.exp(-z * z);
  return z >= 0 ? upper : 1 - upper;
}

export const density = (x, mean, deviation) => Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));

// The likelihood's log scale, from 0 to 1: each step of 0.1 is a tail ten times smaller.
export const logScale = (likelihood) => Math.min(Math.max(Math.log(1.0000000001 - likelihood) / Math.log(1 - 0.9999999999), 0), 1);
// The tail at a place on that scale.
export const tailAt = (score) => 10 ** (-10 * score);

// Where the normal distribution has that tail, by halving.
export function quantile(share, mean, deviation) {
  let [low, high] = [mean - 10 * deviation, mean + 10 * deviation];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tail(middle, mean, deviation) > share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
