//! Bytes of any kind: sniffing and the fingerprint of what was sniffed never fail, but for pictures
//! and sound that can't be decoded, and how data comes in pieces makes no difference.
#![no_main]

use cess_mdrc::{Error, Fingerprint, Kind, data, sniff};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let format = sniff(bytes);
    match Fingerprint::of(bytes).map(|fingerprint| fingerprint.certificate().kind()) {
        Ok(Kind::Data) => {}
        Ok(kind) => assert_eq!(kind, format.kind()),
        Err(error) => {
            let refused = match format.kind() {
                Kind::Image => {
                    matches!(error, Error::Picture { .. } | Error::PictureTooLarge { .. })
                }
                Kind::Audio => matches!(error, Error::Audio { .. } | Error::AudioTooLong { .. }),
                _ => false,
            };
            assert!(refused, "{error}");
        }
    }
    let whole = data::fingerprint(bytes);
    let mut hasher = data::Hasher::new();
    let (a, b) = bytes.split_at(bytes.len() / 3);
    hasher.update(a);
    hasher.update(b);
    assert_eq!(hasher.finalize(), whole);
    assert_eq!(data::read(bytes), Ok(whole));
});
