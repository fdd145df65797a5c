//! Pictures in files: what is decoded, what is refused, and what fingerprints say of them.
#![cfg(feature = "image")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "helpers of tests, on pictures that they make"
)]

use std::io::Cursor;

use ::image::codecs::jpeg::JpegEncoder;
use ::image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, imageops};
use cess_mdrc::image::{self, Picture, PictureFault, PictureFormat};
use cess_mdrc::{Error, Fingerprint, Format, Level, Relation, Verdict, sniff};

/// Blobs of several sizes: as much to tell it by as a photo has.
fn scene(seed: u32, width: u32, height: u32) -> RgbImage {
    let wave = |x: f32, y: f32, salt: u32| {
        let k = |n: u32| {
            f32::from((seed ^ salt).wrapping_mul(0x9e37_79b1 ^ n).to_be_bytes()[1]) / 255.0
        };
        let (fx, fy) = (1.0 + 14.0 * k(11), 1.0 + 14.0 * k(23));
        (fx * x + 6.3 * k(37)).sin() * (fy * y + 6.3 * k(51)).sin() * (4.0 / (3.0 + fx + fy))
    };
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32 * 6.3, y as f32 / height as f32 * 6.3);
        let sum: f32 = (0..24).map(|salt| wave(u, v, salt * 7919)).sum();
        let level = |gain: f32| (128.0 + gain * sum).clamp(0.0, 255.0).round() as u8;
        Rgb([level(52.0), level(48.0), level(40.0)])
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decode(bytes: &[u8]) -> Result<Picture, Error> {
    Picture::decode(bytes, Picture::MAX_PIXELS)
}

fn fingerprint(picture: &RgbImage) -> Fingerprint {
    Fingerprint::of(&encoded(picture, ImageFormat::Png)).unwrap()
}

fn verdict(a: &RgbImage, b: &RgbImage) -> Verdict {
    fingerprint(a).compare(&fingerprint(b)).unwrap().verdict(Level::Registry)
}

const FORMATS: [(ImageFormat, PictureFormat); 6] = [
    (ImageFormat::Png, PictureFormat::Png),
    (ImageFormat::Jpeg, PictureFormat::Jpeg),
    (ImageFormat::WebP, PictureFormat::WebP),
    (ImageFormat::Gif, PictureFormat::Gif),
    (ImageFormat::Tiff, PictureFormat::Tiff),
    (ImageFormat::Bmp, PictureFormat::Bmp),
];

#[test]
fn each_format_shows_the_same_picture() {
    let scene = scene(1, 120, 80);
    let original = fingerprint(&scene);
    for (format, _) in FORMATS {
        let bytes = encoded(&scene, format);
        assert_eq!(sniff(&bytes), Format::Image);
        let copy = Fingerprint::of(&bytes).unwrap();
        let found = original.compare(&copy).unwrap().verdict(Level::Registry);
        let same =
            if format == ImageFormat::Png { Relation::Identical } else { Relation::Reformatted };
        assert_eq!(found, Verdict::Related(same), "{format:?}");
        assert_eq!(decode(&bytes).unwrap().frames(), 1);
    }
}

#[test]
fn what_is_cut_off_is_refused_by_the_name_of_its_format() {
    let scene = scene(2, 90, 60);
    for (format, name) in FORMATS {
        let bytes = encoded(&scene, format);
        for len in [bytes.len() / 3, bytes.len() / 2, bytes.len() * 9 / 10] {
            match decode(&bytes[..len]) {
                Err(error @ Error::Picture { format, .. }) => {
                    assert_eq!(format, name);
                    assert!(error.to_string().starts_with(&name.to_string()), "{error}");
                }
                other => panic!("{name} of {len} bytes: {other:?}"),
            }
        }
    }
}

/// A PNG of a header that says what it likes, and nothing in it.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(&RgbImage::new(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn size_is_refused_by_the_header_before_memory_is_taken() {
    let refused = |width, height| {
        let error = Error::PictureTooLarge { width, height, max_pixels: Picture::MAX_PIXELS };
        assert_eq!(decode(&png_header(width, height)), Err(error));
    };
    refused(1_000_000_000, 1);
    refused(1, 1_000_000_000);
    refused(65_536, 1);
    refused(1, 65_536);
    refused(60_000, 60_000);
    // Allowed by size, but there are no such pixels.
    assert!(matches!(decode(&png_header(8000, 8000)), Err(Error::Picture { .. })));
    let mut bmp = encoded(&scene(3, 20, 20), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&30_000i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&30_000i32.to_le_bytes());
    assert!(matches!(decode(&bmp), Err(Error::PictureTooLarge { .. })));
    bmp[18..22].copy_from_slice(&5000i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&5000i32.to_le_bytes());
    assert!(matches!(decode(&bmp), Err(Error::Picture { format: PictureFormat::Bmp, .. })));
    let mut gif = encoded(&scene(3, 20, 20), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert!(matches!(decode(&gif), Err(Error::PictureTooLarge { width: 65_535, .. })));
}

#[test]
fn the_callers_limit_holds() {
    let bytes = encoded(&scene(4, 50, 40), ImageFormat::Jpeg);
    assert!(Picture::decode(&bytes, 2000).is_ok());
    let error = Error::PictureTooLarge { width: 50, height: 40, max_pixels: 1999 };
    assert_eq!(Picture::decode(&bytes, 1999), Err(error));
}

#[test]
fn what_is_no_picture_or_another_format_is_named() {
    let heif = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1";
    assert_eq!(decode(heif), Err(Error::PictureFormat { mime: "image/heif" }));
    assert!(matches!(decode(b"words"), Err(Error::PictureFormat { .. })));
    // As a file it can still be named by its bytes.
    assert_eq!(Fingerprint::of(heif).unwrap().certificate().kind(), cess_mdrc::Kind::Data);
    let noise: Vec<u8> = [&b"\xff\xd8\xff\xe0"[..], &[7; 500]].concat();
    assert!(matches!(
        Fingerprint::of(&noise),
        Err(Error::Picture { format: PictureFormat::Jpeg, .. })
    ));
    let float = DynamicImage::ImageRgb32F(::image::Rgb32FImage::new(8, 8));
    let mut tiff = Cursor::new(Vec::new());
    float.write_to(&mut tiff, ImageFormat::Tiff).unwrap();
    let fault = PictureFault::Unsupported;
    assert_eq!(
        decode(&tiff.into_inner()),
        Err(Error::Picture { format: PictureFormat::Tiff, fault })
    );
}

/// A JPEG with an APP1 segment that says how the picture is turned.
fn turned_by_exif(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(picture).unwrap();
    let tiff = [
        &b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..],
        &[orientation, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let len = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &len, &tiff, &jpeg[2..]].concat()
}

#[test]
fn exif_turns_the_picture_before_anything_else() {
    let scene = scene(5, 120, 80);
    let upright = decode(&turned_by_exif(&scene, 1)).unwrap();
    assert_eq!((upright.width(), upright.height()), (120, 80));
    for (orientation, stored) in [
        (6, imageops::rotate270(&scene)),
        (8, imageops::rotate90(&scene)),
        (3, imageops::rotate180(&scene)),
        (2, imageops::flip_horizontal(&scene)),
    ] {
        let picture = decode(&turned_by_exif(&stored, orientation)).unwrap();
        assert_eq!((picture.width(), picture.height()), (120, 80), "orientation {orientation}");
        let (a, b) = (picture.samples(), upright.samples());
        let difference: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(difference < a.len() as u64 * 3, "orientation {orientation}: {difference}");
    }
}

#[test]
fn what_is_transparent_is_over_white() {
    let scene = scene(6, 100, 80);
    let shown = |x: u32, y: u32| (20..80).contains(&x) && (20..60).contains(&y);
    let clear = RgbaImage::from_fn(100, 80, |x, y| {
        let [r, g, b] = scene.get_pixel(x, y).0;
        if shown(x, y) { Rgba([r, g, b, 255]) } else { Rgba([0, 77, 0, 0]) }
    });
    let white = RgbImage::from_fn(100, 80, |x, y| {
        if shown(x, y) { *scene.get_pixel(x, y) } else { Rgb([255; 3]) }
    });
    let mut png = Cursor::new(Vec::new());
    clear.write_to(&mut png, ImageFormat::Png).unwrap();
    let (a, b) = (Fingerprint::of(&png.into_inner()).unwrap(), fingerprint(&white));
    assert_eq!(a.certificate().id(), b.certificate().id());
    assert_eq!(a.sketch(), b.sketch());
}

#[test]
fn sixteen_bits_are_the_eight_that_they_came_from() {
    let scene = scene(7, 60, 40);
    let wide = DynamicImage::ImageRgb8(scene.clone()).into_rgb16();
    let mut png = Cursor::new(Vec::new());
    wide.write_to(&mut png, ImageFormat::Png).unwrap();
    assert_eq!(decode(&png.into_inner()).unwrap().samples(), scene.as_raw());
}

#[test]
fn retouched_pictures_are_kin_and_others_are_strangers() {
    let original = scene(8, 240, 160);
    let (width, height) = original.dimensions();
    let crop = |share: u32| {
        let (x, y) = (width * share / 100, height * share / 100);
        imageops::crop_imm(&original, x, y, width - 2 * x, height - 2 * y).to_image()
    };
    let mut framed = RgbImage::from_pixel(width + 40, height + 40, Rgb([250, 250, 245]));
    imageops::replace(&mut framed, &original, 20, 20);
    let mut marked = original.clone();
    imageops::replace(&mut marked, &RgbImage::new(60, 40), 4, 4);
    for (name, copy, relation) in [
        ("small", imageops::thumbnail(&original, 96, 64), Relation::Reformatted),
        ("framed", framed, Relation::Edited),
        ("marked", marked, Relation::Edited),
        ("cropped", crop(10), Relation::Excerpt),
        ("mirrored", imageops::flip_horizontal(&original), Relation::Turned),
        ("turned", imageops::rotate90(&original), Relation::Turned),
        ("upside down", imageops::rotate180(&original), Relation::Turned),
    ] {
        let found = verdict(&original, &copy);
        assert_eq!(found, verdict(&copy, &original), "{name}");
        match found {
            Verdict::Related(seems) if name == "framed" => {
                assert!(matches!(seems, Relation::Edited | Relation::Reformatted), "{seems:?}");
            }
            found => assert_eq!(found, Verdict::Related(relation), "{name}"),
        }
    }
    for seed in 20..40 {
        assert_eq!(verdict(&original, &scene(seed, 240, 160)), Verdict::Unrelated, "{seed}");
    }
}

#[test]
fn ids_stay_near_under_mirrors_and_turns() {
    let original = scene(9, 240, 160);
    let id = fingerprint(&original).certificate().id();
    for copy in [
        imageops::flip_horizontal(&original),
        imageops::flip_vertical(&original),
        imageops::rotate90(&original),
        imageops::rotate180(&original),
    ] {
        let apart = fingerprint(&copy).certificate().id().distance(&id);
        assert!(apart <= 16, "{apart}");
    }
}

#[test]
fn the_id_sees_colours_and_bears_their_loss() {
    let original = scene(9, 240, 160);
    let id = |picture: &RgbImage| fingerprint(picture).certificate().id();
    let recoloured = |of: fn([u8; 3]) -> [u8; 3]| {
        let mut picture = original.clone();
        picture.pixels_mut().for_each(|pixel| pixel.0 = of(pixel.0));
        picture
    };
    let tinted = |by: i32| {
        RgbImage::from_fn(240, 160, |x, y| {
            let Rgb([r, g, b]) = *original.get_pixel(x, y);
            // Luma stays: red has 77 of 256 parts in it, blue 29.
            let swing = by * ((x as i32 - 120).abs() - 60) / 60;
            let level = |value: u8, by: i32| (i32::from(value) + by).clamp(0, 255) as u8;
            Rgb([level(r, swing), g, level(b, -77 * swing / 29)])
        })
    };
    let same = id(&original);
    assert_eq!(id(&recoloured(|pixel| pixel)), same);
    let grey = recoloured(|[r, g, b]| {
        [((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b)) >> 8) as u8; 3]
    });
    assert!(id(&grey).distance(&same) <= 60, "{}", id(&grey).distance(&same));
    let apart = id(&tinted(18)).distance(&id(&tinted(-18)));
    assert!(apart >= 40, "{apart}");
    let mirrored = imageops::flip_horizontal(&tinted(18));
    assert!(id(&mirrored).distance(&id(&tinted(18))) <= 16, "colours turn with luma");
}

#[test]
fn blank_pictures_abstain() {
    let gradient = RgbImage::from_fn(200, 100, |x, _| Rgb([x as u8; 3]));
    for blank in
        [RgbImage::new(64, 64), RgbImage::from_pixel(300, 200, Rgb([9, 200, 30])), gradient]
    {
        assert!(fingerprint(&blank).certificate().abstains());
        let other = RgbImage::from_pixel(65, 64, Rgb([1; 3]));
        assert_eq!(verdict(&blank, &other), Verdict::Abstained);
    }
    assert!(!fingerprint(&scene(10, 64, 64)).certificate().abstains());
}

#[test]
fn shapes_at_the_edge_are_fingerprinted() {
    for (width, height) in [(1u32, 1u32), (1, 65_535), (65_535, 1), (3, 2), (127, 129), (2000, 2)] {
        let samples = (0..width * height).map(|i| i.wrapping_mul(97).to_le_bytes()[0]).collect();
        let picture = Picture::from_samples(width, height, 1, samples).unwrap();
        let fingerprint = image::of_picture(&picture, [0; 32]);
        assert_eq!(fingerprint.sketch().views().len(), 27);
    }
    let none = Error::PictureTooLarge { width: 0, height: 5, max_pixels: u64::MAX };
    assert_eq!(Picture::from_samples(0, 5, 1, vec![]), Err(none));
    let length = Err(Error::Length { expected: 12, got: 11 });
    assert_eq!(Picture::from_samples(2, 2, 3, vec![0; 11]), length);
    assert!(Picture::from_samples(2, 2, 5, vec![0; 20]).is_err());
}

/// A texture of little contrast, as much of it in fine parts as in coarse ones: a mark is the most
/// of what its lowest frequencies show.
fn texture(seed: u32) -> RgbImage {
    RgbImage::from_fn(240, 160, |x, y| {
        let level = |side: u32| {
            let mixed =
                (x / side * 7919 + y / side * 104_729 + side) ^ seed.wrapping_mul(0x9e37_79b1);
            mixed.wrapping_mul(0x85eb_ca6b) >> 28
        };
        Rgb([100 + [40, 27, 18, 12, 8, 5].map(level).iter().sum::<u32>() as u8; 3])
    })
}

/// A plate with a disc, a quarter of both sides, near a corner.
fn marked(picture: &RgbImage) -> RgbImage {
    let mut marked = picture.clone();
    for (x, y) in (0..60).flat_map(|x| (0..40).map(move |y| (x, y))) {
        let disc = (x as f32 / 30.0 - 1.0).powi(2) + (y as f32 / 20.0 - 1.0).powi(2) < 0.7;
        marked.put_pixel(5 + x, 4 + y, if disc { Rgb([70, 90, 110]) } else { Rgb([220; 3]) });
    }
    marked
}

fn cornered(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let mut cornered = picture.clone();
    for (x, y, pixel) in cornered.enumerate_pixels_mut() {
        let (left, top) = (x as f32 / width as f32, y as f32 / height as f32);
        // As after a turn by some degrees: a wedge along each side.
        let wedges =
            [top - 0.13 * left, left - 0.06 * (1.0 - top), 1.0 - top - 0.13 * (1.0 - left)];
        if wedges.iter().chain([&(1.0 - left - 0.06 * top)]).any(|inside| *inside < 0.0) {
            *pixel = Rgb([0; 3]);
        }
    }
    cornered
}

#[test]
fn what_is_laid_over_two_pictures_makes_no_kin_of_them() {
    let likely = |a: &RgbImage, b: &RgbImage| {
        fingerprint(a).compare(&fingerprint(b)).unwrap().verdict(Level::Likely)
    };
    let framed = |picture: &RgbImage| {
        let mut framed = RgbImage::from_pixel(264, 176, Rgb([255; 3]));
        imageops::replace(&mut framed, picture, 12, 8);
        framed
    };
    for (name, over) in [
        ("a mark", &marked as &dyn Fn(&RgbImage) -> RgbImage),
        ("black corners", &cornered),
        ("a border", &framed),
    ] {
        for seed in 100..106 {
            let (a, b) = (texture(seed), texture(seed + 10));
            assert_eq!(likely(&over(&a), &over(&b)), Verdict::Unrelated, "{name}, {seed}");
        }
        if name != "black corners" {
            let plain = scene(77, 240, 160);
            assert!(matches!(likely(&over(&plain), &plain), Verdict::Related(_)), "{name}");
        }
    }
}

#[cfg(feature = "testkit")]
#[test]
fn sides_and_middle_bear_witness_however_a_picture_lies() {
    let original = scene(12, 240, 160);
    let mirrored = imageops::flip_horizontal(&original);
    let a = fingerprint(&original);
    for picture in [&original, &mirrored] {
        for copy in [
            picture.clone(),
            imageops::rotate90(picture),
            imageops::rotate180(picture),
            imageops::rotate270(picture),
        ] {
            let b = fingerprint(&copy);
            let [there, back] = [a.compare(&b), b.compare(&a)].map(|found| found.unwrap());
            assert_eq!(there.views_score(), back.views_score());
            let score = there.views_score().unwrap();
            assert!(score <= 6, "{score} bits");
        }
    }
    // A quarter of each side of another picture: the rest bears witness, or nothing does.
    let mut other = scene(13, 240, 160);
    imageops::replace(&mut other, &imageops::crop_imm(&original, 0, 0, 60, 40).to_image(), 0, 0);
    assert!(a.compare(&fingerprint(&other)).unwrap().views_score().unwrap() > 90);
}

/// What Pillow and numpy make of the same files: `tests/pictures/make.py` wrote them.
#[test]
fn cmyk_and_sixteen_bits_are_what_pillow_and_numpy_make_of_them() {
    let file = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
        decode(&std::fs::read(folder.join(name)).unwrap()).unwrap()
    };
    for (name, expected, most) in [
        ("cmyk.jpg", "cmyk.png", 3),
        ("ycck.jpg", "ycck.png", 3),
        ("grey16.png", "grey16-8.png", 0),
        ("grey16.tif", "grey16-8.png", 0),
        ("rgb16.png", "rgb16-8.png", 0),
    ] {
        let (ours, theirs) = (file(name), file(expected));
        assert_eq!((ours.width(), ours.height()), (48, 32), "{name}");
        assert_eq!(ours.channels(), theirs.channels(), "{name}");
        let apart = ours.samples().iter().zip(theirs.samples()).map(|(a, b)| a.abs_diff(*b));
        assert_eq!(ours.samples().len(), theirs.samples().len());
        let apart = apart.max().unwrap();
        assert!(apart <= most, "{name}: {apart} levels");
    }
}
