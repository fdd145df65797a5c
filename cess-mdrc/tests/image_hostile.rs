//! Files that are made to cost time or memory, or to lie about themselves. Alone in its process, so
//! that the peak of its memory can be read.
#![cfg(feature = "image")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests, on files that they make"
)]

use std::io::Cursor;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::image::codecs::jpeg::JpegEncoder;
use ::image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};
use cess_mdrc::image::{Picture, PictureFault, PictureFormat, of_picture};
use cess_mdrc::{Error, Fingerprint};

/// One test at a time, so that the peak of memory is its own.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn decode(bytes: &[u8]) -> Result<Picture, Error> {
    Picture::decode(bytes, Picture::MAX_PIXELS)
}

fn refused(bytes: &[u8], format: PictureFormat) -> PictureFault {
    match decode(bytes) {
        Err(Error::Picture { format: named, fault }) if named == format => fault,
        other => panic!("{format}: {:?}", other.map(|picture| picture.width())),
    }
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Four quarters of different brightness: no two ways to lie are the same.
fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let quarter = u8::from(x >= width / 2) + 2 * u8::from(y >= height / 2);
        Rgb([20 + 70 * quarter; 3])
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(picture).unwrap();
    jpeg
}

/// With a segment after the start.
fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &len, payload, &jpeg[2..]].concat()
}

fn exif(tiff: &[u8]) -> Vec<u8> {
    [b"Exif\0\0", tiff].concat()
}

/// A directory of one entry, the orientation, in either order of bytes.
fn orientation(value: u16, little: bool) -> Vec<u8> {
    let word = |word: u16| if little { word.to_le_bytes() } else { word.to_be_bytes() };
    let long = |long: u32| if little { long.to_le_bytes() } else { long.to_be_bytes() };
    let order = if little { b"II" } else { b"MM" };
    let head = [&order[..], &word(42), &long(8), &word(1)].concat();
    let entry = [&word(0x112)[..], &word(3), &long(1), &word(value), &word(0), &long(0)].concat();
    [head, entry].concat()
}

#[test]
fn exif_turns_in_all_eight_ways() {
    let _alone = alone();
    let upright = quarters(48, 32);
    // What the camera stored for each orientation, so that the picture comes out upright.
    let stored = [
        upright.clone(),
        imageops::flip_horizontal(&upright),
        imageops::rotate180(&upright),
        imageops::flip_vertical(&upright),
        imageops::rotate90(&imageops::flip_vertical(&upright)),
        imageops::rotate270(&upright),
        imageops::rotate270(&imageops::flip_vertical(&upright)),
        imageops::rotate90(&upright),
    ];
    for (value, stored) in (1..).zip(&stored) {
        for little in [true, false] {
            let file = with_segment(&jpeg(stored), 0xe1, &exif(&orientation(value, little)));
            let picture = decode(&file).unwrap();
            assert_eq!((picture.width(), picture.height()), (48, 32), "orientation {value}");
            for (x, y) in [(12, 8), (36, 8), (12, 24), (36, 24)] {
                let got = picture.samples()[(y * 48 + x) as usize * 3];
                let expected = upright.get_pixel(x, y).0[0];
                assert!(got.abs_diff(expected) < 12, "orientation {value} at {x}, {y}: {got}");
            }
        }
    }
}

#[test]
fn exif_that_lies_turns_nothing() {
    let _alone = alone();
    let plain = decode(&jpeg(&quarters(48, 32))).unwrap();
    let long = |long: u32| long.to_le_bytes();
    let start = |at: u32| [&b"II\x2a\0"[..], &long(at)].concat();
    let lies = [
        // No such orientation, nothing in it, a directory past the end, one within the header.
        orientation(0, true),
        orientation(9, true),
        orientation(u16::MAX, false),
        vec![],
        b"II".to_vec(),
        start(u32::MAX),
        start(0),
        // As many entries as can be told, and one that says it has as many values.
        [start(8), vec![0xff, 0xff]].concat(),
        [start(8), vec![1, 0, 0x12, 1, 3, 0], long(u32::MAX).to_vec(), long(8).to_vec()].concat(),
        // A directory that is the next after itself.
        [start(8), vec![0, 0], long(8).to_vec()].concat(),
        [start(8), vec![1, 0, 0x69, 0x87, 4, 0], long(1).to_vec(), long(8).to_vec()].concat(),
    ];
    for (at, lie) in lies.iter().enumerate() {
        let picture = decode(&with_segment(&jpeg(&quarters(48, 32)), 0xe1, &exif(lie)));
        assert_eq!(picture.as_ref(), Ok(&plain), "lie {at}");
    }
}

#[test]
fn a_jpeg_of_thousands_of_scans_is_refused_before_any_is_decoded() {
    let _alone = alone();
    let file = jpeg(&quarters(48, 32));
    let scan = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let (head, body) = (&file[..scan], &file[scan..file.len() - 2]);
    let of = |scans: usize| [head, &body.repeat(scans), &[0xff, 0xd9]].concat();
    assert!(decode(&of(1)).is_ok());
    assert_eq!(refused(&of(101), PictureFormat::Jpeg), PictureFault::Scans);
    assert_eq!(refused(&of(20_000), PictureFormat::Jpeg), PictureFault::Scans);
    // A thumbnail in EXIF has scans of its own, and so has what is behind the end.
    let thumbnail = exif(&body.repeat(300));
    assert!(decode(&with_segment(&file, 0xe1, &thumbnail)).is_ok());
    assert_eq!(decode(&[&file[..], &body.repeat(200)].concat()), decode(&file));
    assert_eq!(refused(&file[..file.len() - 2], PictureFormat::Jpeg), PictureFault::Truncated);
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    let crc = !body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    });
    [&(data.len() as u32).to_be_bytes()[..], &body, &crc.to_be_bytes()].concat()
}

/// A PNG with chunks after its header.
fn png_with(chunks: &[u8]) -> Vec<u8> {
    let file = encoded(&quarters(48, 32).into(), ImageFormat::Png);
    [&file[..33], chunks, &file[33..]].concat()
}

/// A stream of zlib of so many MiB of zeros: 256 bytes and their repetition, by fixed codes.
fn deflated_zeros(mib: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = Vec::new();
    let mut put = |value: u32, count: u32, reversed: bool| {
        for at in 0..count {
            let at = if reversed { count - 1 - at } else { at };
            bits.push((value >> at & 1) as u8);
        }
    };
    put(1, 1, false);
    put(1, 2, false);
    // The literal 0, then lengths of 258 at distance 1.
    put(0b0011_0000, 8, true);
    for _ in 0..mib * (1 << 20) / 258 {
        put(0b1100_0101, 8, true);
        put(0, 5, true);
    }
    put(0, 7, true);
    let bytes = bits
        .chunks(8)
        .map(|bits| bits.iter().enumerate().fold(0u8, |byte, (at, bit)| byte | bit << at));
    [0x78, 0x01].into_iter().chain(bytes).chain([0; 4]).collect()
}

/// Runs it, and returns by how many bytes the peak of this process's memory rose. Nothing where the
/// system doesn't say.
fn peak<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    let read = |field: &str| {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find(|line| line.starts_with(field))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
    };
    let reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = read("VmRSS:");
    let result = work();
    let rose = read("VmHWM:").zip(before).map(|(most, before)| most.saturating_sub(before));
    (result, rose.filter(|_| reset))
}

const MIB: u64 = 1 << 20;

fn at_most(what: &str, rose: Option<u64>, most: u64) {
    match rose {
        Some(rose) => {
            println!("PEAK {what}: {} MiB", rose / MIB);
            assert!(rose <= most, "{what} took {} MiB", rose / MIB);
        }
        None => println!("SKIPPED {what}: the system doesn't tell the peak"),
    }
}

#[test]
fn compressed_text_and_profiles_in_a_png_take_no_memory() {
    let _alone = alone();
    let bomb = deflated_zeros(64);
    let plain = decode(&png_with(&[])).unwrap();
    for (name, payload) in [
        (b"zTXt", [&b"Comment\0\0"[..], &bomb].concat()),
        (b"iTXt", [&b"Comment\0\x01\0\0\0"[..], &bomb].concat()),
        (b"iCCP", [&b"profile\0\0"[..], &bomb].concat()),
    ] {
        let file = png_with(&chunk(name, &payload).repeat(3));
        let (result, rose) = peak(|| decode(&file));
        if let Ok(picture) = &result {
            assert_eq!(picture, &plain);
        }
        at_most(&String::from_utf8_lossy(name), rose, 48 * MIB);
    }
}

/// A TIFF of one directory: tag, type (3 a short, 4 a long), count, value.
fn tiff(entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 64]);
    file
}

#[test]
fn tiffs_of_absurd_strips_tiles_and_directories_are_refused() {
    let _alone = alone();
    let (width, height) = ((256, 4, 1, 1000), (257, 4, 1, 1000));
    let grey = [(258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)];
    let with = |more: &[(u16, u16, u32, u32)]| tiff(&[&[width, height], &grey[..], more].concat());
    let files = [
        ("strips past the end", with(&[(273, 4, 1, 8), (278, 4, 1, 1000), (279, 4, 1, 1_000_000)])),
        (
            "billions of strips",
            with(&[(273, 4, u32::MAX, 8), (278, 4, 1, 1), (279, 4, u32::MAX, 8)]),
        ),
        ("strips of no rows", with(&[(273, 4, 1, 8), (278, 4, 1, 0), (279, 4, 1, 8)])),
        (
            "tiles of a gigapixel",
            with(&[(322, 4, 1, 1 << 31), (323, 4, 1, 1 << 31), (324, 4, 1, 8), (325, 4, 1, 8)]),
        ),
        (
            "tiles of no pixel",
            with(&[(322, 4, 1, 0), (323, 4, 1, 0), (324, 4, 1, 8), (325, 4, 1, 8)]),
        ),
        ("65535 samples a pixel", tiff(&[width, height, (258, 3, 1, 8), (277, 3, 1, 65_535)])),
    ];
    for (name, file) in files {
        let (result, rose) = peak(|| decode(&file));
        assert!(
            matches!(result, Err(Error::Picture { format: PictureFormat::Tiff, .. })),
            "{name}: {result:?}"
        );
        at_most(name, rose, 64 * MIB);
    }
    let wide = tiff(&[(256, 4, 1, 1_000_000_000), (257, 4, 1, 1)]);
    assert!(decode(&wide).is_err());
    // A directory that is the next after itself.
    let mut endless = encoded(&quarters(20, 10).into(), ImageFormat::Tiff);
    let at = u32::from_le_bytes(*endless[4..].first_chunk().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(*endless[at..].first_chunk().unwrap()));
    let next = at + 2 + 12 * entries;
    endless[next..next + 4].copy_from_slice(&(at as u32).to_le_bytes());
    assert!(decode(&endless).is_err());
}

#[test]
fn lying_headers_of_gif_webp_and_bmp_are_refused() {
    let _alone = alone();
    let picture = DynamicImage::from(quarters(40, 30));
    let mut webp = encoded(&picture, ImageFormat::WebP);
    // VP8L: 14 bits of width and of height, less one, after the signature.
    webp[21..25].copy_from_slice(&(0x3fffu32 | 0x3fff << 14).to_le_bytes());
    assert!(decode(&webp).is_err());
    let mut bmp = encoded(&picture, ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&1_000_000_000i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&1i32.to_le_bytes());
    assert!(decode(&bmp).is_err());
    bmp[22..26].copy_from_slice(&i32::MIN.to_le_bytes());
    assert!(decode(&bmp).is_err());
    let gif = encoded(&picture, ImageFormat::Gif);
    // The frame's own size; the screen's stays.
    let frame = gif.windows(5).position(|bytes| bytes == [0x2c, 0, 0, 0, 0]).unwrap();
    let mut larger = gif.clone();
    larger[frame + 5..frame + 9].fill(0xff);
    let (result, rose) = peak(|| decode(&larger));
    assert!(result.is_err(), "{result:?}");
    at_most("a frame larger than the screen", rose, 64 * MIB);
}

#[test]
fn a_gif_of_a_hundred_thousand_frames_is_counted_and_one_is_decoded() {
    let _alone = alone();
    let gif = encoded(&quarters(40, 30).into(), ImageFormat::Gif);
    let frame = gif.windows(5).position(|bytes| bytes == [0x2c, 0, 0, 0, 0]).unwrap();
    let end = gif.len() - 1;
    let many = [&gif[..frame], &gif[frame..end].repeat(100_000), &gif[end..]].concat();
    let (result, rose) = peak(|| decode(&many).unwrap());
    assert_eq!(result.frames(), 100_000);
    assert_eq!((result.width(), result.height()), (40, 30));
    at_most("a GIF of 100,000 frames", rose, 16 * MIB);
}

/// Wide, of 16 bits and four channels: the most that a pixel can have.
fn wide(width: u32, height: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| {
        ::image::Rgba([(x * 16) as u16, (y * 16) as u16, (x ^ y) as u16, u16::MAX])
    };
    let wide = ::image::ImageBuffer::<::image::Rgba<u16>, Vec<u16>>::from_fn(width, height, pixel);
    DynamicImage::ImageRgba16(wide)
}

#[test]
fn memory_is_bounded_by_the_pixels() {
    let _alone = alone();
    let file = encoded(&wide(4096, 4096), ImageFormat::Png);
    let (picture, rose) = peak(|| decode(&file).unwrap());
    at_most("16 megapixels of 64 bits", rose, 12 * 16 * MIB + 32 * MIB);
    let (_, rose) = peak(|| of_picture(&picture, [0; 32]));
    at_most("their fingerprint", rose, 8 * MIB);
    // A header of 64 million pixels with nothing behind it.
    let mut bomb = encoded(&RgbImage::new(1, 1).into(), ImageFormat::Bmp);
    bomb[18..22].copy_from_slice(&8192i32.to_le_bytes());
    bomb[22..26].copy_from_slice(&8192i32.to_le_bytes());
    let (result, rose) = peak(|| Fingerprint::of(&bomb));
    assert!(result.is_err());
    at_most("a header of 64 megapixels", rose, 3 * 64 * MIB + 16 * MIB);
}

#[test]
fn memory_is_bounded_in_every_format() {
    let _alone = alone();
    let (width, height) = (2048, 2048);
    let (wide, narrow) = (wide(width, height), wide(width, height).into_rgba8());
    let opaque = DynamicImage::ImageRgba8(narrow.clone()).into_rgb8();
    let turned = with_segment(&jpeg(&opaque), 0xe1, &exif(&orientation(6, true)));
    for (name, file) in [
        ("TIFF of 64 bits", encoded(&wide, ImageFormat::Tiff)),
        ("TIFF of 32 bits", encoded(&narrow.clone().into(), ImageFormat::Tiff)),
        ("WebP", encoded(&narrow.clone().into(), ImageFormat::WebP)),
        ("GIF", encoded(&narrow.clone().into(), ImageFormat::Gif)),
        ("BMP", encoded(&narrow.into(), ImageFormat::Bmp)),
        ("JPEG, turned", turned),
    ] {
        let (picture, rose) = peak(|| decode(&file).unwrap());
        assert_eq!(picture.width(), width);
        at_most(name, rose, 16 * 4 * MIB + 4 * MIB);
    }
}

#[test]
fn floats_are_refused_before_they_are_decoded() {
    let _alone = alone();
    let floats = DynamicImage::ImageRgb32F(::image::Rgb32FImage::new(2048, 1024));
    let file = encoded(&floats, ImageFormat::Tiff);
    drop(floats);
    let (fault, rose) = peak(|| refused(&file, PictureFormat::Tiff));
    assert_eq!(fault, PictureFault::Unsupported);
    at_most("a TIFF of 2 megapixels of floats", rose, 4 * MIB);
}

/// A second picture behind the first, as of cameras with two lenses, or a film, cut off.
#[test]
fn what_is_behind_the_end_of_a_jpeg_may_be_cut_off() {
    let _alone = alone();
    let first = jpeg(&quarters(48, 32));
    let plain = decode(&first).unwrap();
    for cut in [3, 30, first.len() / 2, first.len() - 1] {
        let file = [&first[..], &first[..cut]].concat();
        assert_eq!(decode(&file).as_ref(), Ok(&plain), "{cut}");
    }
}

#[test]
fn png_webp_and_tiff_are_turned_as_their_exif_says() {
    let _alone = alone();
    let upright = quarters(48, 32);
    let stored = DynamicImage::from(imageops::rotate270(&upright));
    let png = encoded(&stored, ImageFormat::Png);
    let png = [&png[..33], &chunk(b"eXIf", &orientation(6, false)), &png[33..]].concat();
    // A WebP of the simple form becomes one with the flag for EXIF, and that behind the picture.
    let webp = encoded(&stored, ImageFormat::WebP);
    let mut head = [0x08, 0, 0, 0, 31, 0, 0, 47, 0, 0];
    assert_eq!(webp[12..16], *b"VP8L");
    head[4..7].copy_from_slice(&31u32.to_le_bytes()[..3]);
    let meta = orientation(6, true);
    let part = |name: &[u8; 4], data: &[u8]| {
        let padding = vec![0; data.len() % 2];
        [&name[..], &(data.len() as u32).to_le_bytes(), data, &padding].concat()
    };
    let body = [part(b"VP8X", &head), webp[12..].to_vec(), part(b"EXIF", &meta)].concat();
    let webp = [b"RIFF", &(body.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &body].concat();
    // The directory of a TIFF has the orientation itself: 274 comes before 277, samples a pixel.
    let tiff = encoded(&stored, ImageFormat::Tiff);
    let at = u32::from_le_bytes(*tiff[4..].first_chunk().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes(*tiff[at..].first_chunk().unwrap()));
    let entries = tiff[at + 2..at + 2 + 12 * count].to_vec();
    let split = entries.chunks(12).position(|entry| entry[0] == 0x15 && entry[1] == 1).unwrap();
    let entry = [&[0x12, 1, 3, 0, 1, 0, 0, 0][..], &6u32.to_le_bytes()].concat();
    let directory = [
        &(count as u16 + 1).to_le_bytes()[..],
        &entries[..12 * split],
        &entry,
        &entries[12 * split..],
        &[0; 4],
    ]
    .concat();
    let mut tiff = [&tiff[..], &[0; 1][..tiff.len() % 2], &directory].concat();
    let at = (tiff.len() - directory.len()) as u32;
    tiff[4..8].copy_from_slice(&at.to_le_bytes());
    for (name, file) in [("PNG", png), ("WebP", webp), ("TIFF", tiff)] {
        let picture = decode(&file).unwrap();
        assert_eq!((picture.width(), picture.height()), (48, 32), "{name}");
        assert_eq!(picture.samples(), upright.as_raw(), "{name}");
    }
}
