//! A picture of any size as a grid of means, and the part of it that isn't border.

#![expect(clippy::cast_possible_truncation, reason = "means of 16 bits, rows of a side of 16 bits")]

use super::Picture;

/// Cells along each side of a [`Grid`].
pub(crate) const CELLS: usize = 128;

/// Means of one channel over equal rectangles, in 1/256 of a level: exact means, rounded once.
pub(crate) struct Grid {
    /// Rows of `CELLS`, 0 to 65280.
    cells: Vec<u16>,
    width: u32,
    height: u32,
}

/// Part of a grid, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl Area {
    pub(crate) const WHOLE: Self = Self { left: 0, top: 0, right: CELLS, bottom: CELLS };

    pub(crate) fn width(&self) -> usize {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> usize {
        self.bottom - self.top
    }
}

/// What a grid has the means of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Luma,
    Blue,
    Red,
}

impl Channel {
    /// A row's pixels in 1/256 of a level; what alpha leaves out is white.
    fn of_row(self, picture: &Picture, y: u32, out: &mut [u16]) {
        let row = picture.row(y);
        let over = |sample: u8, alpha: u8| {
            let sum = u16::from(sample) * u16::from(alpha) + 255 * (255 - u16::from(alpha));
            ((sum + 127) / 255) as u8
        };
        let luma = |[r, g, b]: [u8; 3]| 77 * u16::from(r) + 150 * u16::from(g) + 29 * u16::from(b);
        let blue = |[.., b]: [u8; 3]| u16::from(b) << 8;
        let red = |[r, ..]: [u8; 3]| u16::from(r) << 8;
        match picture.channels() {
            1 => out.iter_mut().zip(row).for_each(|(out, grey)| *out = u16::from(*grey) << 8),
            2 => out.iter_mut().zip(row.as_chunks().0).for_each(|(out, [grey, alpha])| {
                *out = u16::from(over(*grey, *alpha)) << 8;
            }),
            3 => {
                let pixels = out.iter_mut().zip(row.as_chunks().0);
                match self {
                    Self::Luma => pixels.for_each(|(out, pixel)| *out = luma(*pixel)),
                    Self::Blue => pixels.for_each(|(out, pixel)| *out = blue(*pixel)),
                    Self::Red => pixels.for_each(|(out, pixel)| *out = red(*pixel)),
                }
            }
            _ => out.iter_mut().zip(row.as_chunks().0).for_each(|(out, [r, g, b, a])| {
                let pixel = [over(*r, *a), over(*g, *a), over(*b, *a)];
                *out = match self {
                    Self::Luma => luma(pixel),
                    Self::Blue => blue(pixel),
                    Self::Red => red(pixel),
                };
            }),
        }
    }
}

/// What a cell covers of a side, in units of which a pixel has [`CELLS`] and the side `len` a cell:
/// pixels `first..=last`, of which the first is cut by `before` and the last by `after`.
struct Span {
    first: usize,
    last: usize,
    before: u64,
    after: u64,
}

impl Span {
    fn of(cell: usize, len: usize) -> Self {
        let (start, end) = (cell * len, (cell + 1) * len);
        let (first, last) = (start / CELLS, (end - 1) / CELLS);
        Self {
            first,
            last,
            before: (start - first * CELLS) as u64,
            after: ((last + 1) * CELLS - end) as u64,
        }
    }
}

impl Grid {
    pub(crate) fn of(picture: &Picture) -> Self {
        Self::of_channel(picture, Channel::Luma)
    }

    pub(crate) fn of_channel(picture: &Picture, channel: Channel) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut cells = Vec::with_capacity(CELLS * CELLS);
        let mut line = vec![0u16; width];
        let mut ready = None;
        // With sides of at most 65535 a column of a cell sums to less than 2^32.
        let mut sums = vec![0u32; width];
        let spans: Vec<Span> = (0..CELLS).map(|cell| Span::of(cell, width)).collect();
        let whole = width as u64 * height as u64;
        for cell in 0..CELLS {
            let span = Span::of(cell, height);
            sums.fill(0);
            for y in span.first..=span.last {
                if ready != Some(y) {
                    channel.of_row(picture, y as u32, &mut line);
                    ready = Some(y);
                }
                let before = if y == span.first { span.before } else { 0 };
                let after = if y == span.last { span.after } else { 0 };
                let weight = (CELLS as u64 - before - after) as u32;
                sums.iter_mut()
                    .zip(&line)
                    .for_each(|(sum, value)| *sum += u32::from(*value) * weight);
            }
            for Span { first, last, before, after } in &spans {
                let all: u64 = sums[*first..=*last].iter().map(|sum| u64::from(*sum)).sum();
                let sum = all * CELLS as u64
                    - u64::from(sums[*first]) * before
                    - u64::from(sums[*last]) * after;
                cells.push(((sum + whole / 2) / whole) as u16);
            }
        }
        Self { cells, width: picture.width(), height: picture.height() }
    }

    pub(crate) fn row(&self, y: usize) -> &[u16] {
        &self.cells[y * CELLS..][..CELLS]
    }

    /// Width over height of a part of the picture in 1/4096, from 1/64 to 64.
    pub(crate) fn aspect(&self, area: Area) -> i64 {
        let width = i64::from(self.width) * area.width() as i64;
        let height = i64::from(self.height) * area.height() as i64;
        (width * 4096 / height).clamp(64, 64 * 4096)
    }

    /// What is left without a border of one colour.
    pub(crate) fn without_border(&self) -> Area {
        self.without_border_of(FLAT / 2)
    }

    /// The same with a border whose cells may be so far from its colour, in 1/256 of a level, as
    /// those of videos are where a bar meets the picture.
    pub(crate) fn without_border_of(&self, noise: u16) -> Area {
        let border = |lines: &mut dyn Iterator<Item = Vec<u16>>| border(lines, noise);
        let mut area = Area::WHOLE;
        // A letterbox may have a frame around it, and a frame a letterbox: twice.
        for _ in 0..2 {
            let rows = |at: usize, area: Area| self.row(at)[area.left..area.right].to_vec();
            let columns = |at: usize, area: Area| {
                (area.top..area.bottom).map(|y| self.row(y)[at]).collect::<Vec<u16>>()
            };
            let top = border(&mut (area.top..area.bottom).map(|y| rows(y, area)));
            let bottom = border(&mut (area.top..area.bottom).rev().map(|y| rows(y, area)));
            if top + bottom < area.height() {
                area.top += top;
                area.bottom -= bottom;
            }
            let left = border(&mut (area.left..area.right).map(|x| columns(x, area)));
            let right = border(&mut (area.left..area.right).rev().map(|x| columns(x, area)));
            if left + right < area.width() {
                area.left += left;
                area.right -= right;
            }
        }
        let enough = area.width() >= CELLS / 4 && area.height() >= CELLS / 4;
        if enough { area } else { Area::WHOLE }
    }
}

/// How much a border's lines may differ, in 1/256 of a level.
const FLAT: u16 = 4 << 8;
/// How much the first line of the picture must differ from the border, in the mean.
const EDGE: u64 = 10 << 8;
/// The most of a side that is taken for a border, in cells.
const DEEPEST: usize = CELLS * 3 / 8;

/// How many of the lines are border: lines of one colour, then an edge. The line in which both
/// meet belongs to the border.
fn border(lines: impl Iterator<Item = Vec<u16>>, noise: u16) -> usize {
    let mut lines = lines.peekable();
    let Some(first) = lines.peek() else { return 0 };
    let (least, most) = ends(first);
    let colour = u16::midpoint(least, most);
    let flat = |line: &Vec<u16>| {
        let (least, most) = ends(line);
        let mean = line.iter().map(|cell| u64::from(*cell)).sum::<u64>() / line.len() as u64;
        most.saturating_sub(colour) <= noise
            && colour.saturating_sub(least) <= noise
            && mean.abs_diff(colour.into()) <= u64::from(FLAT / 2)
    };
    let mut depth = 0;
    while lines.next_if(flat).is_some() {
        depth += 1;
    }
    let difference = |line: Vec<u16>| {
        let sum: u64 = line.iter().map(|cell| u64::from(cell.abs_diff(colour))).sum();
        sum / line.len() as u64
    };
    let edge = lines.take(2).map(difference).max().is_some_and(|most| most >= EDGE);
    if edge && (1..DEEPEST).contains(&depth) { depth + 1 } else { 0 }
}

fn ends(line: &[u16]) -> (u16, u16) {
    (line.iter().copied().min().unwrap_or(0), line.iter().copied().max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Black around something, so wide on each side.
    fn framed(border: u32) -> Grid {
        let inside = border..256 - border;
        let pixel = |x: u32, y: u32| {
            let shown = inside.contains(&x) && inside.contains(&y);
            if shown { ((x * 7 + y * 13) % 200) as u8 + 50 } else { 0 }
        };
        let samples = (0..256 * 256).map(|at| pixel(at % 256, at / 256)).collect();
        Grid::of(&Picture::from_samples(256, 256, 1, samples).unwrap())
    }

    #[test]
    fn the_line_in_which_border_and_picture_meet_is_border() {
        let area =
            |cut: usize| Area { left: cut, top: cut, right: CELLS - cut, bottom: CELLS - cut };
        assert_eq!(framed(21).without_border(), area(11));
        assert_eq!(framed(20).without_border(), area(11));
        assert_eq!(framed(0).without_border(), Area::WHOLE);
        assert_eq!(framed(100).without_border(), Area::WHOLE, "too much for a border");
    }
}
