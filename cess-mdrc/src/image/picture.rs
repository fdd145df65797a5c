use crate::Error;

/// A decoded picture: 8 bits a sample, the right way up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    pub(super) channels: usize,
    pub(super) samples: Vec<u8>,
    pub(super) frames: u32,
}

impl Picture {
    /// The most pixels that are decoded unless the caller says otherwise: 64 million.
    pub const MAX_PIXELS: u64 = 1 << 26;
    /// The longest side, in pixels.
    pub const MAX_SIDE: u32 = 65_535;

    /// From rows of samples, top left first: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    ///
    /// # Errors
    /// [`Error::Length`] unless there are `width · height · channels` samples of 1 to 4 channels,
    /// [`Error::PictureTooLarge`] for a side of none or over [`MAX_SIDE`](Self::MAX_SIDE).
    pub fn from_samples(
        width: u32,
        height: u32,
        channels: u8,
        samples: Vec<u8>,
    ) -> Result<Self, Error> {
        check_size(width, height, u64::MAX)?;
        let expected = u64::from(width) * u64::from(height) * u64::from(channels);
        let got = samples.len() as u64;
        if !(1..=4).contains(&channels) || got != expected {
            return Err(Error::Length { expected, got });
        }
        Ok(Self { width, height, channels: channels.into(), samples, frames: 1 })
    }

    /// Pixels of a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Samples of a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// All samples, a row after the other.
    #[must_use]
    pub fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// How many frames the file has: more than 1 for animated GIF only.
    #[must_use]
    pub fn frames(&self) -> u32 {
        self.frames
    }

    pub(super) fn row(&self, y: u32) -> &[u8] {
        let len = self.width as usize * self.channels;
        &self.samples[y as usize * len..][..len]
    }
}

pub(super) fn check_size(width: u32, height: u32, max_pixels: u64) -> Result<(), Error> {
    let pixels = u64::from(width) * u64::from(height);
    let sides = 1..=Picture::MAX_SIDE;
    if sides.contains(&width) && sides.contains(&height) && pixels <= max_pixels {
        return Ok(());
    }
    Err(Error::PictureTooLarge { width, height, max_pixels })
}
