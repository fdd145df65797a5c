use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::image::error::ImageError;
use ::image::{DynamicImage, ImageDecoder, ImageReader};

use super::frames;
use super::picture::{Picture, check_size};
use crate::Error;

/// The formats of pictures that are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PictureFormat {
    /// Portable Network Graphics; of an APNG the default picture.
    Png,
    /// JPEG, baseline and progressive; CMYK and YCCK become RGB.
    Jpeg,
    /// WebP, lossy and lossless; of an animation the first frame.
    WebP,
    /// GIF: the first frame.
    Gif,
    /// TIFF: the first page.
    Tiff,
    /// Windows bitmap.
    Bmp,
}

impl PictureFormat {
    /// By the magic number, which [`sniff`](crate::sniff) knows more of than can be decoded.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Error> {
        let mime = infer::get(bytes).map_or("application/octet-stream", |found| found.mime_type());
        match mime {
            "image/png" => Ok(Self::Png),
            "image/jpeg" => Ok(Self::Jpeg),
            "image/webp" => Ok(Self::WebP),
            "image/gif" => Ok(Self::Gif),
            "image/tiff" => Ok(Self::Tiff),
            "image/bmp" => Ok(Self::Bmp),
            _ => Err(Error::PictureFormat { mime }),
        }
    }

    fn decoder(self) -> ::image::ImageFormat {
        match self {
            Self::Png => ::image::ImageFormat::Png,
            Self::Jpeg => ::image::ImageFormat::Jpeg,
            Self::WebP => ::image::ImageFormat::WebP,
            Self::Gif => ::image::ImageFormat::Gif,
            Self::Tiff => ::image::ImageFormat::Tiff,
            Self::Bmp => ::image::ImageFormat::Bmp,
        }
    }
}

impl std::fmt::Display for PictureFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
        })
    }
}

/// Why a picture can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureFault {
    /// The file isn't what its format asks for.
    #[error("the file is damaged")]
    Damaged,
    /// The file ends before the picture does.
    #[error("the file is cut off")]
    Truncated,
    /// A kind of picture within the format that the decoder doesn't know.
    #[error("a kind of picture that the decoder doesn't know")]
    Unsupported,
    /// The decoder asked for more memory than a picture of this size needs.
    #[error("the decoder asked for too much memory")]
    Memory,
    /// The decoder panicked, which is a fault of the decoder.
    #[error("the decoder panicked")]
    Panicked,
}

impl Picture {
    /// Decodes a file: the first frame, turned as its EXIF orientation says, 16 bits rounded to 8.
    /// Colour profiles aren't applied.
    ///
    /// Size is checked by the header, before memory is taken. At most some 12 bytes a pixel are
    /// held at a time.
    ///
    /// # Errors
    /// [`Error::PictureFormat`] for what isn't one of the [`PictureFormat`]s,
    /// [`Error::PictureTooLarge`] for more than `max_pixels` or a side over
    /// [`MAX_SIDE`](Self::MAX_SIDE), [`Error::Picture`] for what can't be decoded.
    pub fn decode(bytes: &[u8], max_pixels: u64) -> Result<Self, Error> {
        let format = PictureFormat::of(bytes)?;
        let decoded = catch_unwind(AssertUnwindSafe(|| decode(bytes, format, max_pixels)));
        decoded.unwrap_or(Err(Error::Picture { format, fault: PictureFault::Panicked }))
    }
}

fn decode(bytes: &[u8], format: PictureFormat, max_pixels: u64) -> Result<Picture, Error> {
    let refused = |fault| Error::Picture { format, fault };
    let read = |error: ImageError| refused(fault(&error));
    if format == PictureFormat::Jpeg && !ends_a_scan(bytes) {
        // The decoder would fill in grey.
        return Err(refused(PictureFault::Truncated));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.decoder());
    let mut limits = ::image::Limits::default();
    // What decoders hold beside the picture, by their own count: palettes, lines, a second frame.
    limits.max_alloc = Some(max_pixels.saturating_mul(16).saturating_add(16 << 20));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(read)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, max_pixels)?;
    let orientation = decoder.orientation().map_err(read)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(read)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    let (channels, samples) = match picture {
        DynamicImage::ImageLuma8(grey) => (1, grey.into_raw()),
        DynamicImage::ImageLumaA8(grey) => (2, grey.into_raw()),
        DynamicImage::ImageRgb8(rgb) => (3, rgb.into_raw()),
        DynamicImage::ImageRgba8(rgba) => (4, rgba.into_raw()),
        DynamicImage::ImageLuma16(grey) => (1, narrow(grey.into_raw())),
        DynamicImage::ImageLumaA16(grey) => (2, narrow(grey.into_raw())),
        DynamicImage::ImageRgb16(rgb) => (3, narrow(rgb.into_raw())),
        DynamicImage::ImageRgba16(rgba) => (4, narrow(rgba.into_raw())),
        // Floats: light without an upper end, for which there is no one way to 8 bits.
        _ => return Err(refused(PictureFault::Unsupported)),
    };
    let frames = if format == PictureFormat::Gif { frames::count(bytes) } else { 1 };
    Ok(Picture { width, height, channels, samples, frames })
}

#[expect(clippy::cast_possible_truncation, reason = "at most 255")]
/// Rounds, so that 8 bits widened to 16 come back.
fn narrow(samples: Vec<u16>) -> Vec<u8> {
    samples.into_iter().map(|sample| ((u32::from(sample) * 255 + 32_767) / 65_535) as u8).collect()
}

/// Whether a JPEG has an end after its last scan begins: entropy-coded data has neither marker.
fn ends_a_scan(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    matches!((last(0xda), last(0xd9)), (Some(scan), Some(end)) if scan < end)
}

fn fault(error: &ImageError) -> PictureFault {
    match error {
        ImageError::Limits(_) => PictureFault::Memory,
        ImageError::Unsupported(_) => PictureFault::Unsupported,
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PictureFault::Truncated
        }
        _ => PictureFault::Damaged,
    }
}
