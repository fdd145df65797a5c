use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::image::error::ImageError;
use ::image::{
    ColorType, DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageReader, RgbImage,
    RgbaImage,
};

use super::picture::{Picture, check_size};
use super::{frames, scans};
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
    /// The most scans of a JPEG that are decoded; progressive ones have some ten.
    pub const MAX_SCANS: u32 = 100;

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
    /// A JPEG of more scans than [`MAX_SCANS`](PictureFormat::MAX_SCANS), each of which costs time.
    #[error("more scans than a picture needs")]
    Scans,
    /// The decoder panicked, which is a fault of the decoder.
    #[error("the decoder panicked")]
    Panicked,
}

impl Picture {
    /// Decodes a file: the first frame, turned as its EXIF orientation says, 16 bits rounded to 8.
    /// Colour profiles aren't applied.
    ///
    /// Size is checked by the header, before memory is taken. At most some 16 bytes a pixel are
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
    if format == PictureFormat::Jpeg {
        match scans::count(bytes) {
            // The decoder would fill in grey.
            None => return Err(refused(PictureFault::Truncated)),
            Some(scans) if scans > PictureFormat::MAX_SCANS => {
                return Err(refused(PictureFault::Scans));
            }
            Some(_) => {}
        }
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.decoder());
    if let Some((width, height)) = png_size(bytes).filter(|_| format == PictureFormat::Png) {
        check_size(width, height, max_pixels)?;
        // It reads profiles with the header, and holds to the limits that it had then.
        reader.limits(limits(width, height));
    }
    let mut decoder = reader.into_decoder().map_err(read)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, max_pixels)?;
    // Before memory is taken for it: light without an upper end has no one way to 8 bits.
    if !of_integers(decoder.color_type()) {
        return Err(refused(PictureFault::Unsupported));
    }
    decoder.set_limits(limits(width, height)).map_err(read)?;
    let orientation = decoder.orientation().map_err(read)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(read)?;
    let mut picture = in_bytes(picture).ok_or(refused(PictureFault::Unsupported))?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    let channels = usize::from(picture.color().channel_count());
    let frames = if format == PictureFormat::Gif { frames::count(bytes) } else { 1 };
    Ok(Picture { width, height, channels, samples: picture.into_bytes(), frames })
}

/// What decoders may hold beside the picture, by their own count: palettes, lines, a second frame.
fn limits(width: u32, height: u32) -> ::image::Limits {
    let mut limits = ::image::Limits::default();
    limits.max_alloc = Some(u64::from(width) * u64::from(height) * 16 + (16 << 20));
    limits
}

/// Width and height of the header, which is the first chunk.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| bytes.get(at..)?.first_chunk().map(|side| u32::from_be_bytes(*side));
    side(16).zip(side(20))
}

fn of_integers(samples: ColorType) -> bool {
    use ColorType::{L8, L16, La8, La16, Rgb8, Rgb16, Rgba8, Rgba16};
    matches!(samples, L8 | L16 | La8 | La16 | Rgb8 | Rgb16 | Rgba8 | Rgba16)
}

/// Before it is turned, for which there are two of it at a time.
fn in_bytes(picture: DynamicImage) -> Option<DynamicImage> {
    let (width, height) = (picture.width(), picture.height());
    match picture {
        DynamicImage::ImageLuma16(wide) => {
            GrayImage::from_raw(width, height, narrow(wide.into_raw())).map(Into::into)
        }
        DynamicImage::ImageLumaA16(wide) => {
            GrayAlphaImage::from_raw(width, height, narrow(wide.into_raw())).map(Into::into)
        }
        DynamicImage::ImageRgb16(wide) => {
            RgbImage::from_raw(width, height, narrow(wide.into_raw())).map(Into::into)
        }
        DynamicImage::ImageRgba16(wide) => {
            RgbaImage::from_raw(width, height, narrow(wide.into_raw())).map(Into::into)
        }
        DynamicImage::ImageLuma8(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageRgb8(_)
        | DynamicImage::ImageRgba8(_) => Some(picture),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 255")]
/// Rounds, so that 8 bits widened to 16 come back.
fn narrow(samples: Vec<u16>) -> Vec<u8> {
    samples.into_iter().map(|sample| ((u32::from(sample) * 255 + 32_767) / 65_535) as u8).collect()
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
