//! Fingerprints of pictures: PNG, JPEG, WebP, GIF, TIFF and BMP.

#[cfg(all(feature = "iscc", feature = "image"))]
pub(crate) mod bicubic;
#[cfg(feature = "image")]
mod decode;
#[cfg(feature = "image")]
mod frames;
pub(crate) mod frequencies;
mod id;
mod pdq;
mod picture;
pub(crate) mod reduce;
pub(crate) mod view;

#[cfg(feature = "image")]
pub use decode::{PictureFault, PictureFormat};
pub use pdq::{Pdq, PdqHash, pdq, pdq_dihedral};
pub use picture::Picture;

#[cfg(feature = "image")]
use crate::Error;
use crate::{Fingerprint, Sketch};
use reduce::Grid;
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
    let (id, quality) = id::of(&all, grid.aspect(area));
    let views = VIEWS.map(|view| frequencies::signs(&frequencies::of(&grid, area, view)));
    Fingerprint::seal(Sketch::of_views(views), quality, id, instance)
}
