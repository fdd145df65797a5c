//! A picture as the 32 by 32 grey pixels that ISCC's Image-Code is made of, equal to what Pillow
//! makes: `iscc-sdk` cuts a border off, then converts to grey and resizes by Pillow's `BICUBIC`.

#![expect(clippy::cast_possible_truncation, reason = "as Pillow rounds; pixels are clipped")]

use super::Picture;

const SIDE: usize = 32;

/// The pixels, top left first.
pub(crate) fn pixels(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let colours = opaque(picture);
    let [left, top, right, bottom] = without_border(&colours, width, height);
    let columns = weights(right - left);
    let mut narrow = Vec::with_capacity(SIDE * (bottom - top));
    for y in top..bottom {
        let row: Vec<u8> = colours[y * width + left..y * width + right].iter().map(grey).collect();
        narrow.extend(columns.iter().map(|(first, weights)| blend(weights, row[*first..].iter())));
    }
    let rows = weights(bottom - top);
    let mut small = Vec::with_capacity(SIDE * SIDE);
    for (first, weights) in &rows {
        for x in 0..SIDE {
            let column = narrow[first * SIDE + x..].iter().step_by(SIDE);
            small.push(blend(weights, column));
        }
    }
    small
}

fn opaque(picture: &Picture) -> Vec<[u8; 3]> {
    let over = |sample: u8, alpha: u8| {
        let sum = u32::from(sample) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        ((sum + 127) / 255) as u8
    };
    let pixel = |sample: &[u8]| match *sample {
        [grey] => [grey; 3],
        [grey, alpha] => [over(grey, alpha); 3],
        [r, g, b] => [r, g, b],
        [r, g, b, alpha, ..] => [over(r, alpha), over(g, alpha), over(b, alpha)],
        [] => [0; 3],
    };
    picture.samples().chunks_exact(picture.channels()).map(pixel).collect()
}

/// ITU-R 601-2 luma in Pillow's fixed point.
fn grey([r, g, b]: &[u8; 3]) -> u8 {
    let sum = u32::from(*r) * 19_595 + u32::from(*g) * 38_470 + u32::from(*b) * 7_471 + 0x8000;
    (sum >> 16) as u8
}

/// What holds all pixels that aren't like the first one: left, top, right, bottom.
fn without_border(colours: &[[u8; 3]], width: usize, height: usize) -> [usize; 4] {
    let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
    for (y, row) in colours.chunks_exact(width).enumerate() {
        let differs = |colour: &[u8; 3]| *colour != colours[0];
        if let (Some(first), Some(last)) =
            (row.iter().position(differs), row.iter().rposition(differs))
        {
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.min(y), y + 1);
        }
    }
    if right == 0 { [0, 0, width, height] } else { [left, top, right, bottom] }
}

const PRECISION: i64 = 22;

fn blend<'a>(weights: &[i64], pixels: impl Iterator<Item = &'a u8>) -> u8 {
    let sum: i64 = weights.iter().zip(pixels).map(|(w, pixel)| w * i64::from(*pixel)).sum();
    ((sum + (1 << (PRECISION - 1))) >> PRECISION).clamp(0, 255) as u8
}

/// For each of the 32 pixels along an axis, the first one that it is made of and their weights.
fn weights(len: usize) -> Vec<(usize, Vec<i64>)> {
    let scale = len as f64 / SIDE as f64;
    let stretch = scale.max(1.0);
    let support = 2.0 * stretch;
    let weights = |at: usize| {
        let centre = (at as f64 + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(len);
        let mut weights: Vec<f64> =
            (first..end).map(|x| cubic((x as f64 - centre + 0.5) * (1.0 / stretch))).collect();
        let sum: f64 = weights.iter().sum();
        if sum != 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        let rounded = |weight: f64| {
            let scaled = weight * (1i64 << PRECISION) as f64;
            (if weight < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i64
        };
        (first, weights.into_iter().map(rounded).collect())
    };
    (0..SIDE).map(weights).collect()
}

/// Keys' kernel with a = -1/2.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}
