//! Codes of the International Standard Content Code (ISO 24138:2024), for exchange with systems
//! that speak it. They are beside a certificate, not part of it.

use crate::Error;

/// Lengths that units have, in bits.
fn check(bits: u32) -> Result<u32, Error> {
    let known = (64..=256).contains(&bits) && bits.is_multiple_of(32);
    if known { Ok(bits) } else { Err(Error::IsccBits { got: bits }) }
}

/// The Text-Code of a plain text: close for similar wording.
///
/// ```
/// let code = cess_mdrc::iscc::text_code("Hello World", 64)?;
/// assert_eq!(code, "ISCC:EAASKDNZNYGUUF5A");
/// # Ok::<(), cess_mdrc::Error>(())
/// ```
///
/// # Errors
/// [`Error::IsccBits`] for a length that units don't have.
pub fn text_code(text: &str, bits: u32) -> Result<String, Error> {
    let code = iscc_lib::gen_text_code_v0(text, check(bits)?);
    code.map(|code| code.iscc).map_err(|_| Error::IsccBits { got: bits })
}

/// The Image-Code of a picture: close for what looks alike. A border of one colour is cut off, and
/// what is transparent is over white, as in `iscc-sdk`.
///
/// # Errors
/// [`Error::IsccBits`] for a length that units don't have.
#[cfg(feature = "image")]
pub fn image_code(picture: &crate::image::Picture, bits: u32) -> Result<String, Error> {
    let pixels = crate::image::bicubic::pixels(picture);
    let code = iscc_lib::gen_image_code_v0(&pixels, check(bits)?);
    code.map(|code| code.iscc).map_err(|_| Error::IsccBits { got: bits })
}

/// The Audio-Code of the items of Chromaprint: close for what sounds alike.
///
/// # Errors
/// [`Error::IsccBits`] for a length that units don't have.
#[cfg(feature = "audio")]
pub fn audio_code(chromaprint: &[u32], bits: u32) -> Result<String, Error> {
    let items: Vec<i32> = chromaprint.iter().map(|item| item.cast_signed()).collect();
    let code = iscc_lib::gen_audio_code_v0(&items, check(bits)?);
    code.map(|code| code.iscc).map_err(|_| Error::IsccBits { got: bits })
}

/// The Data-Code of bytes: close for similar bytes.
///
/// # Errors
/// [`Error::IsccBits`] for a length that units don't have.
pub fn data_code(bytes: &[u8], bits: u32) -> Result<String, Error> {
    let code = iscc_lib::gen_data_code_v0(bytes, check(bits)?);
    code.map(|code| code.iscc).map_err(|_| Error::IsccBits { got: bits })
}

/// The Instance-Code of bytes: the beginning of their BLAKE3 hash.
///
/// # Errors
/// [`Error::IsccBits`] for a length that units don't have.
pub fn instance_code(bytes: &[u8], bits: u32) -> Result<String, Error> {
    let code = iscc_lib::gen_instance_code_v0(bytes, check(bits)?);
    code.map(|code| code.iscc).map_err(|_| Error::IsccBits { got: bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_lengths_that_units_do_not_have() {
        for bits in [0, 1, 32, 63, 65, 257, 288, u32::MAX] {
            let error = Err(Error::IsccBits { got: bits });
            assert_eq!(text_code("x", bits), error);
            assert_eq!(data_code(b"x", bits), error);
            assert_eq!(instance_code(b"x", bits), error);
        }
    }
}
