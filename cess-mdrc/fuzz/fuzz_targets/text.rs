//! Bytes as plain text, HTML and Markdown: what isn't text is refused, all else has one
//! fingerprint, which is like itself.
#![no_main]

use cess_mdrc::{Certificate, Error, Fingerprint, Format, Level, Relation, Sketch, Verdict, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for format in [Format::Plain, Format::Html, Format::Markdown] {
        let fingerprint = match text::fingerprint(bytes, format) {
            Ok(fingerprint) => fingerprint,
            Err(Error::InvalidText { position }) => {
                assert!(position <= bytes.len() as u64);
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let certificate = Certificate::from_bytes(&fingerprint.certificate().to_bytes()).unwrap();
        let sketch = Sketch::from_bytes(&fingerprint.sketch().to_bytes()).unwrap();
        assert_eq!(Fingerprint::new(certificate, sketch).as_ref(), Ok(&fingerprint));
        let verdict = fingerprint.compare(&fingerprint).unwrap().verdict(Level::Registry);
        assert_eq!(verdict, Verdict::Related(Relation::Identical));
    }
});
