//! The conformance vectors of ISO 24138:2024: 50 cases of generators and 8 of the codec. They aren't
//! part of this repository; `iscc-lib` carries the 50, which are always run.
#![cfg(feature = "iscc")]
#![expect(clippy::unwrap_used, reason = "helpers of tests, on vectors of a known shape")]

use std::path::Path;

use cess_mdrc::iscc;
use serde_json::Value;

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    let digits = text.split_once(':').map_or(text, |(_, digits)| digits);
    (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn bits(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<i32> {
    let number = |value: &Value| i32::try_from(value.as_i64().unwrap()).unwrap();
    value.as_array().unwrap().iter().map(number).collect()
}

/// What this crate or the library under it makes of a case.
fn generate(function: &str, inputs: &Value) -> String {
    match function {
        "gen_text_code_v0" => {
            iscc::text_code(inputs[0].as_str().unwrap(), bits(&inputs[1])).unwrap()
        }
        "gen_data_code_v0" => iscc::data_code(&bytes(&inputs[0]), bits(&inputs[1])).unwrap(),
        "gen_instance_code_v0" => {
            iscc::instance_code(&bytes(&inputs[0]), bits(&inputs[1])).unwrap()
        }
        "gen_meta_code_v0" => {
            let description = inputs[1].as_str().filter(|text| !text.is_empty());
            let meta = match &inputs[2] {
                Value::Null => None,
                Value::String(url) => Some(url.clone()),
                object => Some(object.to_string()),
            };
            let name = inputs[0].as_str().unwrap();
            iscc_lib::gen_meta_code_v0(name, description, meta.as_deref(), bits(&inputs[3]))
                .unwrap()
                .iscc
        }
        "gen_image_code_v0" => {
            let pixels: Vec<u8> =
                numbers(&inputs[0]).iter().map(|pixel| u8::try_from(*pixel).unwrap()).collect();
            iscc_lib::gen_image_code_v0(&pixels, bits(&inputs[1])).unwrap().iscc
        }
        "gen_audio_code_v0" => {
            iscc_lib::gen_audio_code_v0(&numbers(&inputs[0]), bits(&inputs[1])).unwrap().iscc
        }
        "gen_video_code_v0" => {
            let frames: Vec<Vec<i32>> = inputs[0].as_array().unwrap().iter().map(numbers).collect();
            iscc_lib::gen_video_code_v0(&frames, bits(&inputs[1])).unwrap().iscc
        }
        "gen_mixed_code_v0" => {
            iscc_lib::gen_mixed_code_v0(&strings(&inputs[0]), bits(&inputs[1])).unwrap().iscc
        }
        "gen_iscc_code_v0" => iscc_lib::gen_iscc_code_v0(&strings(&inputs[0]), false).unwrap().iscc,
        other => panic!("no such generator: {other}"),
    }
}

/// The codec's cases: units to the bytes of their sequence, and back.
fn codec(function: &str, case: &Value) {
    let (units, sequence) = match function {
        "encode_seq" => (&case["inputs"][0], &case["outputs"]),
        _ => (&case["outputs"], &case["inputs"][0]),
    };
    let (units, sequence) = (strings(units), bytes(sequence));
    let raw: Vec<Vec<u8>> = units
        .iter()
        .map(|unit| iscc_lib::codec::decode_base32(unit.trim_start_matches("ISCC:")).unwrap())
        .collect();
    assert_eq!(raw.concat(), sequence);
    let encoded = iscc_lib::codec::encode_base32(&sequence);
    let parts = iscc_lib::codec::iscc_decompose(&encoded).unwrap();
    let bare: Vec<&str> = units.iter().map(|unit| unit.trim_start_matches("ISCC:")).collect();
    assert_eq!(parts, bare);
}

#[test]
fn conforms_to_the_vectors_that_the_library_carries() {
    assert!(iscc_lib::conformance_selftest());
}

#[test]
fn conforms_to_the_vectors_of_iscc_core() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/iscc/data-1.5.0.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: no ISCC vectors beside this checkout");
        return;
    };
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let mut cases = 0;
    for (function, section) in vectors.as_object().unwrap() {
        if function.starts_with('_') {
            continue;
        }
        for (name, case) in section.as_object().unwrap() {
            cases += 1;
            if function.ends_with("_seq") {
                codec(function, case);
                continue;
            }
            let expected = case["outputs"]["iscc"].as_str().unwrap();
            assert_eq!(generate(function, &case["inputs"]), expected, "{function} {name}");
        }
    }
    assert_eq!(cases, 58);
}

#[test]
fn another_text_has_another_code() {
    let code = |text| iscc::text_code(text, 256).unwrap();
    assert_ne!(code("Hello World"), code("Hello Worlds, and farewell"));
}

/// Of the pictures of PyPI's `iscc-samples` 0.6.0, as iscc-sdk 0.9 with Pillow 13 and iscc-core 1.5.0
/// make it: of BMP, GIF, JPEG, PNG and TIFF the same.
#[cfg(feature = "image")]
#[test]
fn equals_iscc_sdk_on_its_sample_pictures() {
    use cess_mdrc::image::Picture;

    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        std::path::PathBuf::from,
    );
    let samples =
        target.join("mdrc/media/iscc-samples/iscc_samples-0.6.0/iscc_samples/files/image");
    if !samples.is_dir() {
        println!("SKIPPED: iscc-samples isn't fetched; `cargo xtask mdrc-bench image` does");
        return;
    }
    for extension in ["bmp", "gif", "jpg", "png", "tif"] {
        let bytes = std::fs::read(samples.join(format!("demo.{extension}"))).unwrap();
        let picture = Picture::decode(&bytes, Picture::MAX_PIXELS).unwrap();
        let code = |bits| iscc::image_code(&picture, bits).unwrap();
        assert_eq!(code(64), "ISCC:EEA4GQZQTY6J5DTH", "{extension}");
        let long = "ISCC:EED4GQZQTY6J5DTHNDQ7S7EGNENJNRTEGLGHFWXFGNDZHSMO4HEZGZI";
        assert_eq!(code(256), long, "{extension}");
    }
}

/// All of it is border, and none of it is cut off.
#[cfg(feature = "image")]
#[test]
fn a_blank_picture_has_the_code_of_its_pixels() {
    let blank = cess_mdrc::image::Picture::from_samples(50, 40, 1, vec![77; 2000]).unwrap();
    let expected = iscc_lib::gen_image_code_v0(&[77; 1024], 64).unwrap().iscc;
    assert_eq!(iscc::image_code(&blank, 64).unwrap(), expected);
}
