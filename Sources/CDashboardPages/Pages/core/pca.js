// Principal components: the two directions in which vectors differ most.

const rounds = 60;
const goodEnough = 1e-7;

/**
 * Finds the directions by power iteration, one after the other, without a matrix of covariances:
 * memory stays that of the vectors.
 *
 * @param rows vectors of one length
 * @param tell called with the share that is done
 * @returns `{points: [[x, y]], explained: [share, share]}`, of the variance
 */
export function project(rows, tell = () => {}) {
  const size = rows[0]?.length ?? 0;
  const data = centred(rows, size);
  const whole = data.reduce((sum, row) => sum + dot(row, row), 0) || 1;
  const points = rows.map(() => [0, 0]);
  const explained = [0, 0];
  for (let axis = 0; axis < 2; axis += 1) {
    const direction = strongest(data, size, (share) => tell((axis + share) / 2));
    data.forEach((row, index) => {
      const along = dot(row, direction);
      points[index][axis] = along;
      explained[axis] += (along * along) / whole;
      // What lies along the first direction says nothing of the second.
      for (let i = 0; i < size; i += 1) row[i] -= along * direction[i];
    });
  }
  return { points, explained };
}

/** Copies of the vectors, moved so that their mean is the origin. */
function centred(rows, size) {
  const mean = new Float64Array(size);
  for (const row of rows) for (let i = 0; i < size; i += 1) mean[i] += row[i] / rows.length;
  return rows.map((row) => Float64Array.from(row, (value, i) => value - mean[i]));
}

/** The unit vector along which the rows spread most. */
function strongest(data, size, tell) {
  let direction = Float64Array.from({ length: size }, (_, i) => Math.cos(i * 1.7 + 0.3));
  scale(direction);
  for (let round = 0; round < rounds; round += 1) {
    const next = new Float64Array(size);
    for (const row of data) {
      const along = dot(row, direction);
      for (let i = 0; i < size; i += 1) next[i] += along * row[i];
    }
    if (!scale(next)) break;
    const change = 1 - Math.abs(dot(next, direction));
    direction = next;
    tell((round + 1) / rounds);
    if (change < goodEnough) break;
  }
  return direction;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

/** Makes a vector one of length 1; tells whether it has a direction at all. */
function scale(vector) {
  const length = Math.sqrt(dot(vector, vector));
  if (length < 1e-12) return false;
  for (let i = 0; i < vector.length; i += 1) vector[i] /= length;
  return true;
}
