//! From bytes to characters.

use std::borrow::Cow;

use crate::Error;
use crate::encoding::{Encoding, encoding};

/// Reads UTF-8, or UTF-16 with a byte order mark or with the zero bytes that it has in most
/// scripts.
///
/// # Errors
/// [`Error::InvalidText`] at the first byte that can't be read.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    match encoding(bytes) {
        Encoding::Utf8 { mark } => match std::str::from_utf8(&bytes[mark..]) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err(Error::InvalidText { position: (mark + error.valid_up_to()) as u64 }),
        },
        Encoding::Utf16 { mark, unit } => {
            let (units, rest) = bytes[mark..].as_chunks::<2>();
            let mut text = String::with_capacity(bytes.len() / 2);
            let mut position = mark;
            for read in char::decode_utf16(units.iter().map(|pair| unit(*pair))) {
                let Ok(c) = read else {
                    return Err(Error::InvalidText { position: position as u64 });
                };
                text.push(c);
                position += 2 * c.len_utf16();
            }
            if rest.is_empty() {
                Ok(Cow::Owned(text))
            } else {
                Err(Error::InvalidText { position: position as u64 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn reads_each_encoding_with_and_without_its_mark() {
        for text in ["Plain words, longer than a guess needs.", "Ünïcödé words, \u{1f600} too, 漢"]
        {
            let marked = format!("\u{feff}{text}");
            for bytes in [
                text.as_bytes().to_vec(),
                marked.as_bytes().to_vec(),
                utf16(&marked, u16::to_le_bytes),
                utf16(&marked, u16::to_be_bytes),
                utf16(text, u16::to_le_bytes),
                utf16(text, u16::to_be_bytes),
            ] {
                assert_eq!(decode(&bytes).as_deref(), Ok(text));
            }
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }

    #[test]
    fn refuses_what_is_no_text_and_says_where() {
        let at = |position| Err(Error::InvalidText { position });
        assert_eq!(decode(b"abc\xffdef"), at(3));
        assert_eq!(decode(b"\xef\xbb\xbfab\x80"), at(5));
        assert_eq!(decode(b"\xff\xfea\0b"), at(4), "half a unit at the end");
        assert_eq!(decode(b"\xff\xfea\0\x00\xd8b\0"), at(4), "half a pair");
        assert_eq!(decode(b"\xfe\xff\xdc\x00"), at(2), "the second half alone");
    }
}
