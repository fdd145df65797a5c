//! Bytes as a metadata box: only the sealed one opens.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use cess_pre::dem::Dem;
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let dem = Dem::new(&data_key(), b"header");
    let good = dem.seal_meta(b"name and type", &mut rng()).unwrap();
    both(data, &good, |bytes| {
        let opened = dem.open_meta(bytes);
        assert_eq!(opened.is_ok(), bytes == good);
    });
});
