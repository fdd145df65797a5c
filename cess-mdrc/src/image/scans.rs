//! How many scans a JPEG has, by its markers (ITU-T T.81, annex B), without decoding them.

/// Scans before the end of the picture; nothing if it has no end. What follows the end, as the film
/// behind a moving photo, isn't looked at.
pub(super) fn count(bytes: &[u8]) -> Option<u32> {
    let mut rest = bytes;
    let mut scans = 0u32;
    loop {
        // Among coded data 0xff stands before a zero or is a restart, and may be repeated.
        let marks = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0xd0..=0xd7);
        let at = rest.windows(2).position(marks)?;
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            0xd9 => return Some(scans),
            // Markers without a segment.
            0x01 | 0xd8 => {}
            _ => {
                let len = u16::from_be_bytes(*rest.first_chunk()?);
                rest = rest.get(usize::from(len.max(2))..)?;
                scans = scans.saturating_add(u32::from(marker == 0xda));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = b"\xff\xd8\xff\xe0\0\x04\xff\xd9";
    const SCAN: &[u8] = b"\xff\xda\0\x04\xff\xda\x12\xff\0\xff\xd3\x34\xff";

    #[test]
    fn scans_are_counted_and_what_looks_like_one_is_not() {
        let jpeg = |scans: usize, behind: &[u8]| {
            [START, &SCAN.repeat(scans), b"\xff\xd9", behind].concat()
        };
        assert_eq!(count(&jpeg(0, b"")), Some(0));
        assert_eq!(count(&jpeg(3, b"")), Some(3));
        assert_eq!(count(&jpeg(1, b"\xff\xda\xff\xda")), Some(1), "nothing counts after the end");
    }

    #[test]
    fn a_cut_file_has_no_end() {
        let whole = [START, SCAN, b"\xff\xd9"].concat();
        assert_eq!(count(&whole), Some(1));
        assert!((0..whole.len()).all(|len| count(&whole[..len]).is_none()));
    }
}
