/// How the characters of a text are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Encoding {
    Utf8 {
        /// Bytes of the byte order mark.
        mark: usize,
    },
    Utf16 {
        mark: usize,
        unit: fn([u8; 2]) -> u16,
    },
}

/// Bytes that the guess without a mark looks at.
const GUESSED: usize = 4096;

/// By the byte order mark; without one by the zero bytes that UTF-16 has in most scripts.
pub(crate) fn encoding(bytes: &[u8]) -> Encoding {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => return Encoding::Utf8 { mark: 3 },
        [0xff, 0xfe, ..] => return Encoding::Utf16 { mark: 2, unit: u16::from_le_bytes },
        [0xfe, 0xff, ..] => return Encoding::Utf16 { mark: 2, unit: u16::from_be_bytes },
        _ => {}
    }
    let pairs = bytes[..bytes.len().min(GUESSED)].as_chunks::<2>().0;
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let most = pairs.len() * 3 / 4;
    if pairs.len() < 4 {
        Encoding::Utf8 { mark: 0 }
    } else if second > most && first * 8 <= second {
        Encoding::Utf16 { mark: 0, unit: u16::from_le_bytes }
    } else if first > most && second * 8 <= first {
        Encoding::Utf16 { mark: 0, unit: u16::from_be_bytes }
    } else {
        Encoding::Utf8 { mark: 0 }
    }
}
