//! A series as a chart of plain characters: a pure function of its points.

use std::ops::Range;

/// The lowest value, the mean and the highest of one step.
pub type Point = [f64; 3];

/// Dots of a Braille character, from its top: those on the left, and those on the right.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const EMPTY: u32 = 0x2800;

/// The lowest and the highest value of all points; none where there is no point.
pub fn range(points: &[Option<Point>]) -> Option<[f64; 2]> {
    join(points).map(|[low, _, high]| [low, high])
}

/// Several points as one: the mean is that of their means.
pub fn join(points: &[Option<Point>]) -> Option<Point> {
    let (mut all, mut sum, mut count) = (None::<Point>, 0.0, 0.0);
    for &[low, mean, high] in points.iter().flatten() {
        let [lowest, _, highest] = all.unwrap_or([low, mean, high]);
        (sum, count) = (sum + mean, count + 1.0);
        let (lowest, highest) =
            (if low < lowest { low } else { lowest }, if high > highest { high } else { highest });
        all = Some([lowest, sum / count, highest]);
    }
    all
}

/// So many lines of so many columns, the highest value at the top and the lowest at the bottom, the first
/// point on the left. A step reaches from its lowest value to its highest; one without values is blank.
/// Of ASCII, `*` is the mean and `:` the rest; else there are dots of Braille, two to a column and four to
/// a line. Points that are more than the columns are joined, fewer are wider.
pub fn lines(points: &[Option<Point>], width: usize, height: usize, ascii: bool) -> Vec<String> {
    let (across, down) = if ascii { (1, 1) } else { (2, 4) };
    let mut cells = vec![vec![if ascii { u32::from(' ') } else { EMPTY }; width]; height];
    let rows = height * down;
    let Some(range) = range(points) else { return texts(&cells) };
    for column in 0..width * across {
        let Some(point) = join(points.get(share(points.len(), width * across, column)).unwrap_or_default())
        else {
            continue;
        };
        let [low, mean, high] = point.map(|value| row(value, range, rows));
        for line in high..(low + 1).min(rows) {
            let cell = cells.get_mut(line / down).and_then(|line| line.get_mut(column / across));
            let Some(cell) = cell else { continue };
            let side = DOTS.get(column % across).and_then(|dots| dots.get(line % down));
            match side.filter(|_| !ascii) {
                Some(dot) => *cell |= dot,
                None => *cell = u32::from(if line == mean { '*' } else { ':' }),
            }
        }
    }
    texts(&cells)
}

/// The points that one of so many columns stands for; one at least, if there is any.
fn share(points: usize, columns: usize, column: usize) -> Range<usize> {
    let first = points * column / columns.max(1);
    first..(points * (column + 1) / columns.max(1)).max(first + 1)
}

/// The column of a point, by its number, in a chart of so many columns; of Braille, twice as many.
#[cfg(feature = "tui")]
pub fn column(points: usize, columns: usize, number: usize) -> usize {
    ((number + 1) * columns).saturating_sub(1) / points.max(1)
}

/// The row of a value, from the top; the middle where all values are the same.
fn row(value: f64, [low, high]: [f64; 2], rows: usize) -> usize {
    let last = rows.saturating_sub(1);
    if high <= low {
        return last / 2;
    }
    let above = ((value - low) / (high - low) * last as f64).round();
    last.saturating_sub(above as usize)
}

fn texts(cells: &[Vec<u32>]) -> Vec<String> {
    let shown = |&cell: &u32| char::from_u32(cell).filter(|_| cell != EMPTY).unwrap_or(' ');
    cells.iter().map(|line| line.iter().map(shown).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(points: &[Option<f64>]) -> Vec<Option<Point>> {
        points.iter().map(|point| point.map(|value| [value; 3])).collect()
    }

    #[test]
    fn ok_charts_of_ascii() {
        let (one, two) = (Some([0.0, 5.0, 10.0]), Some([5.0; 3]));
        for (points, width, height, wanted) in [
            (&[][..], 2, 1, &["  "][..]),
            (&[None, None], 2, 2, &["  ", "  "]),
            (&all(&[Some(7.0)]), 3, 3, &["   ", "***", "   "]),
            (&all(&[Some(0.0), None, Some(2.0)]), 3, 3, &["  *", "   ", "*  "]),
            (&all(&[Some(0.0), Some(2.0)]), 4, 2, &["  **", "**  "]),
            (&[one, None, two], 3, 3, &[":  ", "* *", ":  "]),
            (&all(&[Some(0.0), Some(2.0), Some(1.0), Some(1.0)]), 2, 3, &[":  ", "**", ": "]),
            (&[one], 0, 2, &["", ""]),
            (&[one], 2, 0, &[]),
        ] {
            let wanted: Vec<String> = wanted.iter().map(|line| line[..width].to_owned()).collect();
            assert_eq!(lines(points, width, height, true), wanted, "{points:?}");
        }
    }

    #[test]
    fn ok_charts_of_braille() {
        let rising: Vec<Option<f64>> = (0..8).map(|n| Some(f64::from(n))).collect();
        assert_eq!(lines(&all(&rising), 4, 2, false), ["  ⡠⠊", "⡠⠊  "]);
        assert_eq!(lines(&[Some([0.0, 1.0, 7.0])], 1, 2, false), ["⣿", "⣿"]);
        let gap = all(&[Some(0.0), Some(3.0), None, None, Some(0.0), None]);
        assert_eq!(lines(&gap, 3, 1, false), ["⡈ ⡀"]);
    }

    #[test]
    #[cfg(feature = "tui")]
    fn ok_columns_have_their_points() {
        for points in [1usize, 2, 3, 10, 59, 60, 300, 359, 360] {
            for columns in [1usize, 2, 7, 40, 80, 120, 240, 361] {
                for number in 0..points {
                    let column = column(points, columns, number);
                    let found = column < columns && share(points, columns, column).contains(&number);
                    assert!(found, "point {number} of {points} in {columns}: {column}");
                }
            }
        }
        assert_eq!([column(0, 80, 0), column(0, 0, 0), column(5, 0, 4)], [79, 0, 0]);
    }

    #[test]
    fn ok_whatever_the_numbers_are() {
        let odd = [0.0, -1.5, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        for low in odd {
            for high in odd {
                let points = [Some([low, high, high]), None, Some([high, low, low])];
                for (width, height) in [(1, 1), (7, 3), (200, 50), (0, 0)] {
                    for ascii in [true, false] {
                        let lines = lines(&points, width, height, ascii);
                        assert_eq!(lines.len(), height);
                        assert!(lines.iter().all(|line| line.chars().count() == width), "{low} {high}");
                    }
                }
            }
        }
    }
}
