//! Bytes as a sealed part: every way of opening it agrees, and only what was sealed opens.
#![no_main]

#[path = "../shared.rs"]
mod shared;

use std::io::Cursor;

use cess_pre::dem::{Dem, FreshSalt, Part};
use libfuzzer_sys::fuzz_target;
use shared::*;

fuzz_target!(|data: &[u8]| {
    let Some((&head, data)) = data.split_first() else { return };
    let dem = Dem::new(&data_key(), b"header");
    let fresh = FreshSalt::generate(&mut rng());
    let (salt, place) = (fresh.salt(), if head & 1 == 0 { Part::last(0) } else { Part::inner(3) });
    let plain = vec![head; 1 + usize::from(head) * 600];
    let mut good = plain.clone();
    dem.seal_part(place, fresh, &mut good).unwrap();
    both(data, &good, |bytes| {
        let mut whole = bytes.to_vec();
        let opened = dem.open_part(place, salt, &mut whole);
        let mut streamed = Vec::new();
        let stream = dem.open_stream(place, salt, bytes, &mut streamed);
        assert_eq!(opened.is_ok(), stream.is_ok());
        let reader = dem.seek_reader(place, salt, Cursor::new(bytes));
        if opened.is_ok() {
            assert!(bytes == good && whole == plain && streamed == plain);
            let mut all = vec![0; plain.len()];
            reader.unwrap().read_at(0, &mut all).unwrap();
            assert_eq!(all, plain);
        } else {
            assert!(whole.is_empty() && plain.starts_with(&streamed) && bytes != good);
        }
    });
});
