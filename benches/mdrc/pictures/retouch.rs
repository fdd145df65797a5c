//! What becomes of pictures: the transforms of the benchmark, on 8-bit RGB.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage, imageops};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A transform, by its name in the tables.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Retouch {
    Jpeg(u8),
    WebP(f32),
    Grey,
    Saturate,
    Blur,
    Sharpen,
    Noise(f32),
    Resize(u32),
    Aspect,
    Gamma(f32),
    Bright,
    Contrast,
    Text,
    Logo,
    /// Per mille of each side.
    Crop(u32),
    CropLeft,
    /// Degrees, corners filled with black.
    Rotate(f32),
    /// Degrees, and what has no corners left.
    RotateCrop(f32),
    Border,
    Letterbox,
    Flip,
    Turn,
    Chain,
}

pub(crate) const RETOUCHES: &[(&str, Retouch)] = &[
    ("jpeg 75", Retouch::Jpeg(75)),
    ("jpeg 50", Retouch::Jpeg(50)),
    ("jpeg 20", Retouch::Jpeg(20)),
    ("jpeg 10", Retouch::Jpeg(10)),
    ("webp 50", Retouch::WebP(50.0)),
    ("grey", Retouch::Grey),
    ("saturate", Retouch::Saturate),
    ("blur 2", Retouch::Blur),
    ("sharpen", Retouch::Sharpen),
    ("noise 10", Retouch::Noise(10.0)),
    ("noise 25", Retouch::Noise(25.0)),
    ("resize 50 %", Retouch::Resize(50)),
    ("resize 25 %", Retouch::Resize(25)),
    ("aspect 4:5", Retouch::Aspect),
    ("gamma 0.6", Retouch::Gamma(0.6)),
    ("gamma 1.8", Retouch::Gamma(1.8)),
    ("bright", Retouch::Bright),
    ("contrast", Retouch::Contrast),
    ("text 10 %", Retouch::Text),
    ("logo 25 %", Retouch::Logo),
    ("crop 2 % a side", Retouch::Crop(20)),
    ("crop 5 % a side", Retouch::Crop(50)),
    ("crop 10 % a side", Retouch::Crop(100)),
    ("crop left 10 %", Retouch::CropLeft),
    ("rotate 2, filled", Retouch::Rotate(2.0)),
    ("rotate 5, filled", Retouch::Rotate(5.0)),
    ("rotate 5, cropped", Retouch::RotateCrop(5.0)),
    ("border 5 %", Retouch::Border),
    ("letterbox 12 %", Retouch::Letterbox),
    ("flip", Retouch::Flip),
    ("rotate 90", Retouch::Turn),
    ("crop, jpeg, gamma, resize", Retouch::Chain),
];

impl Retouch {
    /// Applies it. What is random (noise, places, colours, the sign of an angle) follows the seed.
    pub(crate) fn apply(self, picture: &RgbImage, seed: u64) -> RgbImage {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (width, height) = picture.dimensions();
        match self {
            Self::Jpeg(quality) => jpeg(picture, quality),
            Self::WebP(quality) => webp(picture, quality),
            Self::Grey => map(picture, |pixel| [luma(pixel); 3]),
            Self::Saturate => map(picture, |pixel| {
                let grey = luma(pixel);
                pixel.map(|value| grey + 1.8 * (value - grey))
            }),
            Self::Blur => imageops::blur(picture, 2.0),
            Self::Sharpen => sharpen(picture),
            Self::Noise(deviation) => {
                map(picture, |pixel| pixel.map(|value| value + deviation * normal(&mut rng)))
            }
            Self::Resize(percent) => scale(picture, width * percent / 100, height * percent / 100),
            Self::Aspect => scale(picture, width * 4 / 5, height),
            Self::Gamma(gamma) => gamma_of(picture, gamma),
            Self::Bright => map(picture, |pixel| pixel.map(|value| value * 1.3)),
            Self::Contrast => {
                map(picture, |pixel| pixel.map(|value| 128.0 + 1.5 * (value - 128.0)))
            }
            Self::Text => text(picture, &mut rng),
            Self::Logo => logo(picture, &mut rng),
            Self::Crop(permille) => crop(picture, [permille; 4]),
            Self::CropLeft => crop(picture, [100, 0, 0, 0]),
            Self::Rotate(degrees) => rotate(picture, signed(degrees, &mut rng), 1.0),
            Self::RotateCrop(degrees) => {
                let degrees = signed(degrees, &mut rng);
                let (sine, cosine) = degrees.abs().to_radians().sin_cos();
                let long = width.max(height) as f32 / width.min(height) as f32;
                rotate(picture, degrees, 1.0 / (cosine + long * sine))
            }
            Self::Border => border(picture, 50, 50, &mut rng),
            Self::Letterbox => pad(picture, 0, height * 12 / 100, [0; 3]),
            Self::Flip => imageops::flip_horizontal(picture),
            Self::Turn => imageops::rotate90(picture),
            Self::Chain => {
                let small = gamma_of(&jpeg(&crop(picture, [30; 4]), 50), 1.3);
                let (width, height) = small.dimensions();
                scale(&small, width * 60 / 100, height * 60 / 100)
            }
        }
    }
}

fn luma([r, g, b]: [f32; 3]) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

fn map(picture: &RgbImage, mut change: impl FnMut([f32; 3]) -> [f32; 3]) -> RgbImage {
    let mut changed = picture.clone();
    for pixel in changed.pixels_mut() {
        pixel.0 = change(pixel.0.map(f32::from)).map(|value| value.round().clamp(0.0, 255.0) as u8);
    }
    changed
}

fn normal(rng: &mut impl Rng) -> f32 {
    // Twelve uniform numbers: near enough to normal for noise.
    (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0
}

fn signed(degrees: f32, rng: &mut impl Rng) -> f32 {
    if rng.random() { degrees } else { -degrees }
}

fn jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let written = JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture);
    written.expect("a picture can be written to memory");
    let read = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg);
    read.expect("what was written can be read").into_rgb8()
}

fn webp(picture: &RgbImage, quality: f32) -> RgbImage {
    let bytes = webp::Encoder::from_rgb(picture.as_raw(), picture.width(), picture.height());
    let read = image::load_from_memory_with_format(&bytes.encode(quality), ImageFormat::WebP);
    read.expect("what was written can be read").into_rgb8()
}

fn scale(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    imageops::resize(picture, width.max(1), height.max(1), imageops::FilterType::CatmullRom)
}

fn sharpen(picture: &RgbImage) -> RgbImage {
    let soft = imageops::blur(picture, 1.0);
    let mut changed = picture.clone();
    for (pixel, soft) in changed.pixels_mut().zip(soft.pixels()) {
        for (value, soft) in pixel.0.iter_mut().zip(soft.0) {
            let (sharp, soft) = (f32::from(*value), f32::from(soft));
            *value = (sharp + 1.5 * (sharp - soft)).round().clamp(0.0, 255.0) as u8;
        }
    }
    changed
}

fn gamma_of(picture: &RgbImage, gamma: f32) -> RgbImage {
    map(picture, |pixel| pixel.map(|value| 255.0 * (value / 255.0).powf(gamma)))
}

/// Left, top, right, bottom, in thousandths of the sides.
fn crop(picture: &RgbImage, permille: [u32; 4]) -> RgbImage {
    let (width, height) = picture.dimensions();
    let [left, top, right, bottom] = permille;
    let (left, right) = (width * left / 1000, width - width * right / 1000);
    let (top, bottom) = (height * top / 1000, height - height * bottom / 1000);
    imageops::crop_imm(picture, left, top, right - left, bottom - top).to_image()
}

/// Turns about the centre and keeps the middle `share` of both sides.
fn rotate(picture: &RgbImage, degrees: f32, share: f32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (new_width, new_height) = ((width as f32 * share) as u32, (height as f32 * share) as u32);
    RgbImage::from_fn(new_width, new_height, |x, y| {
        let x = x as f32 - (new_width as f32 - 1.0) / 2.0;
        let y = y as f32 - (new_height as f32 - 1.0) / 2.0;
        let at_x = cosine * x - sine * y + (width as f32 - 1.0) / 2.0;
        let at_y = sine * x + cosine * y + (height as f32 - 1.0) / 2.0;
        imageops::interpolate_bilinear(picture, at_x, at_y).unwrap_or(image::Rgb([0; 3]))
    })
}

fn pad(picture: &RgbImage, x: u32, y: u32, colour: [u8; 3]) -> RgbImage {
    let (width, height) = (picture.width() + 2 * x, picture.height() + 2 * y);
    let mut padded = RgbImage::from_pixel(width, height, image::Rgb(colour));
    imageops::replace(&mut padded, picture, i64::from(x), i64::from(y));
    padded
}

fn border(picture: &RgbImage, x: u32, y: u32, rng: &mut impl Rng) -> RgbImage {
    let colours = [[0; 3], [255; 3], [200, 30, 40], [240, 235, 220]];
    let colour = colours[rng.random_range(0..colours.len())];
    pad(picture, picture.width() * x / 1000, picture.height() * y / 1000, colour)
}

/// A line of blocks like letters, a tenth of the height, white on a dark rim.
fn text(picture: &RgbImage, rng: &mut impl Rng) -> RgbImage {
    let mut written = picture.clone();
    let (width, height) = picture.dimensions();
    let size = height / 10;
    let top = rng.random_range(0..height - size);
    let (mut x, end) = (width / 20, width * 19 / 20);
    while x < end {
        let letter = rng.random_range(size / 3..size * 2 / 3 + 1).max(3);
        let stem = (letter / 4).max(1);
        let shape: u8 = rng.random();
        for dx in 0..letter.min(end - x) {
            for dy in 0..size {
                let (left, right) = (dx < stem, dx + stem >= letter);
                let (up, down) = (dy < stem, dy + stem >= size);
                let middle = dy.abs_diff(size / 2) < stem;
                let strokes = [left, right, up, down, middle];
                let ink = strokes.iter().enumerate().any(|(bit, s)| *s && shape >> bit & 1 == 1);
                if ink {
                    let value = if dx == 0 || dy == 0 { 20 } else { 250 };
                    written.put_pixel(x + dx, top + dy, image::Rgb([value; 3]));
                }
            }
        }
        x += letter + stem + if shape > 200 { letter } else { 0 };
    }
    written
}

/// A disc with a bar through it on a plate, a quarter of both sides, in one of the corners.
fn logo(picture: &RgbImage, rng: &mut impl Rng) -> RgbImage {
    let mut marked = picture.clone();
    let (width, height) = picture.dimensions();
    let (w, h) = (width / 4, height / 4);
    let left = if rng.random() { width / 50 } else { width - w - width / 50 };
    let top = if rng.random() { height / 50 } else { height - h - height / 50 };
    let ink: [u8; 3] = rng.random();
    for y in 0..h {
        for x in 0..w {
            let dx = (x as f32 / w as f32 - 0.5) * 2.0;
            let dy = (y as f32 / h as f32 - 0.5) * 2.0;
            let disc = dx * dx + dy * dy < 0.7 && dy.abs() > 0.15;
            let colour = if disc { ink } else { [245; 3] };
            marked.put_pixel(left + x, top + y, image::Rgb(colour));
        }
    }
    marked
}
