//! Fingerprints of pictures: PNG, JPEG, WebP, GIF, TIFF and BMP.

#[cfg(all(feature = "iscc", feature = "image"))]
pub(crate) mod bicubic;
#[cfg(feature = "image")]
mod decode;
#[cfg(feature = "image")]
mod frames;
pub(crate) mod frequencies;
pub(crate) mod id;
mod pdq;
mod picture;
pub(crate) mod reduce;
#[cfg(feature = "image")]
mod scans;
pub(crate) mod view;

#[cfg(feature = "image")]
pub use decode::{PictureFault, PictureFormat};
pub use pdq::{Pdq, PdqHash, pdq, pdq_dihedral};
pub use picture::Picture;

#[cfg(feature = "image")]
use crate::Error;
use crate::{Fingerprint, Sketch};
use frequencies::Frequencies;
use id::Features;
use reduce::{Area, Channel, Grid};
use view::VIEWS;

/// Takes the fingerprint of a picture in a file: of the first frame, what is transparent over
/// white.
///
/// # Errors
/// [`Error::PictureFormat`], [`Error::PictureTooLarge`] over [`Picture::MAX_PIXELS`],
/// [`Error::Picture`].
#[cfg(feature = "image")]
pub fn fingerprint(bytes: &[u8]) -> Result<Fingerprint, Error> {
    let picture = Picture::decode(bytes, Picture::MAX_PIXELS)?;
    Ok(of_picture(&picture, *blake3::hash(bytes).as_bytes()))
}

/// Takes the fingerprint of a decoded picture. `instance` is the BLAKE3 hash of the file that it
/// came from.
#[must_use]
pub fn of_picture(picture: &Picture, instance: [u8; 32]) -> Fingerprint {
    let grid = Grid::of(picture);
    let area = grid.without_border();
    let all = frequencies::of(&grid, area, VIEWS[0]);
    let (id, quality) = features(picture, area, &grid, all).id();
    let views = VIEWS.map(|view| frequencies::signs(&frequencies::of(&grid, area, view)));
    Fingerprint::seal(Sketch::of_views(views), quality, id, instance)
}

fn features(picture: &Picture, area: Area, grid: &Grid, luma: Frequencies) -> Features {
    // Without channels of its own a colour is luma.
    let colours = [Channel::Blue, Channel::Red].map(|channel| {
        if picture.channels() < 3 {
            return Frequencies::default();
        }
        let mut colour = frequencies::of(&Grid::of_channel(picture, channel), area, VIEWS[0]);
        for (colour, luma) in colour.as_flattened_mut().iter_mut().zip(luma.as_flattened()) {
            *colour -= luma;
        }
        colour
    });
    Features { luma, colours, aspect: grid.aspect(area) }
}

/// What the ID of a picture is summed from, in 1/4096: frequencies of luma, and of blue and red less
/// luma.
#[cfg(feature = "testkit")]
#[must_use]
pub fn id_values(picture: &Picture) -> [Vec<i32>; 2] {
    let grid = Grid::of(picture);
    let area = grid.without_border();
    let luma = frequencies::of(&grid, area, VIEWS[0]);
    features(picture, area, &grid, luma).values()
}
