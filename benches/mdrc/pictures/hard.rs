//! Pictures that are no copies of each other and yet alike: two cameras' views of one scene, frames
//! of a clip, and parts of one photo that lie side by side.

use std::path::{Path, PathBuf};

use cess_mdrc::Level;
use image::{RgbImage, imageops};

use super::print::{Print, judge};
use super::{Family, family, in_parallel, open};
use crate::media::Package;

/// Pairs of `opencv-doc`: what they are, and their files.
const PAIRS: &[(&str, &str, &str)] = &[
    ("stereo pair, plant", "aloeL.jpg", "aloeR.jpg"),
    ("stereo pair, books", "left.jpg", "right.jpg"),
    ("frames of a clip, ball", "basketball1.png", "basketball2.png"),
    ("frames of a clip, toys", "rubberwhale1.png", "rubberwhale2.png"),
    ("a street from two places", "leuvenA.jpg", "leuvenB.jpg"),
    ("a wall from two angles", "graf1.png", "graf3.png"),
    ("a town from two places", "aero1.jpg", "aero3.jpg"),
];

/// Shares of the width that parts from both ends have, in per cent.
const PARTS: &[(&str, u32)] =
    &[("halves", 50), ("parts which share a fifth", 55), ("parts which share a half", 67)];

pub(crate) fn tables(photos: &[PathBuf]) -> Result<(), String> {
    // The tests of ISCC's Image-Code look for it where it is fetched to.
    Package::PyPi("iscc-samples").folder()?;
    println!("\nNo copies, but alike: pairs, and how many match at Likely, Dispute, Registry");
    let stereo = Package::PyPi("scikit-image").folder()?.join("skimage/data");
    let stereo = ["motorcycle_left.png", "motorcycle_right.png"].map(|name| stereo.join(name));
    pair("stereo pair, motorcycle", &stereo)?;
    let folder = Package::Debian("opencv-doc").folder()?;
    let folder = folder.join("usr/share/doc/opencv-doc/examples/data");
    for (name, left, right) in PAIRS {
        pair(name, &[folder.join(left), folder.join(right)])?;
    }
    for (name, share) in PARTS {
        let reached = in_parallel(photos, |_, path| parts(path, *share))?;
        println!("{name:28}{:6}  {:?}", photos.len(), count(reached));
    }
    Ok(())
}

/// Both as they are, and each retouched or not against the other.
fn pair(name: &str, files: &[PathBuf; 2]) -> Result<(), String> {
    let families = in_parallel(files, |at, path| family(path, at as u64, Print::of))?;
    let [left, right]: &[Family; 2] = families.as_slice().try_into().expect("two files");
    let reached = left.iter().flat_map(|a| right.iter().map(|b| judge(a, b).level));
    let plain = judge(&left[0], &right[0]);
    let level = plain.level.map_or("no level".to_owned(), |level| format!("{level:?}"));
    println!(
        "{name:28}{:6}  {:?}; as they are {} bits of ID, {} of sketch: {level}",
        left.len() * right.len(),
        count(reached),
        plain.scores[0],
        plain.scores[1],
    );
    Ok(())
}

fn parts(path: &Path, share: u32) -> Result<Option<Level>, String> {
    let photo = open(path)?;
    let (width, height) = (photo.width() * share / 100, photo.height());
    let part = |x| -> RgbImage { imageops::crop_imm(&photo, x, 0, width, height).to_image() };
    Ok(judge(&Print::of(&part(0)), &Print::of(&part(photo.width() - width))).level)
}

fn count(reached: impl IntoIterator<Item = Option<Level>>) -> [usize; 3] {
    let mut counts = [0; 3];
    for level in reached.into_iter().flatten() {
        counts[..=level as usize].iter_mut().for_each(|count| *count += 1);
    }
    counts
}
