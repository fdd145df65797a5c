//! Bytes as the tags of a fragment: raw, or as edits, swaps and copies within good ones. No tags but
//! the key holder's pass the check, and no data but the fragment's.
#![no_main]

use std::sync::OnceLock;

use cess_podr2::{ProvingKey, PublicKey, SecretKey, Sectors, Tagged, Tags, check_fragment};
use libfuzzer_sys::fuzz_target;

struct Good {
    public: PublicKey,
    proving: ProvingKey,
    data: Vec<u8>,
    tagged: Tagged,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
        let data: Vec<u8> = (0..9000u32).map(|i| ((i * i) >> 3) as u8).collect();
        let tagged = secret.tag(0, &data).expect("not empty");
        Good { public: secret.public(), proving: secret.proving_key(), data, tagged }
    })
}

fn check(bytes: &[u8], data: &[u8]) {
    let Ok(tags) = Tags::from_bytes(bytes) else { return };
    assert_eq!(tags.as_bytes(), bytes, "two encodings of the same tags");
    let Good { public, proving, data: fragment, tagged } = good();
    let passed = check_fragment(public, proving, &tagged.fragment, &tags, data).is_ok();
    let honest = bytes == tagged.tags.as_bytes() && data == fragment;
    assert_eq!(passed, honest, "other tags or data pass, or the right ones don't");
}

fuzz_target!(|edits: &[u8]| {
    let Good { data, tagged, .. } = good();
    check(edits, data);
    let (mut bytes, mut other) = (tagged.tags.as_bytes().to_vec(), data.clone());
    let tags = bytes.len() / Tags::TAG_LEN;
    for edit in edits.chunks_exact(4) {
        let (at, to) = (usize::from(edit[1]) % tags, usize::from(edit[2]) % tags);
        let place = |tag| tag * Tags::TAG_LEN;
        match edit[0] % 6 {
            0 => bytes[place(at) + to % Tags::TAG_LEN] ^= edit[3],
            1 => (0..Tags::TAG_LEN).for_each(|i| bytes.swap(place(at) + i, place(to) + i)),
            2 => bytes.copy_within(place(at)..place(at + 1), place(to)),
            3 => bytes[place(at)] ^= 0x20,
            4 => {
                let at = usize::from(edit[1]) << 5 | usize::from(edit[2]) >> 3;
                let len = other.len();
                other[at % len] ^= edit[3];
            }
            _ => other.truncate((other.len() - usize::from(edit[3]).min(other.len())).max(1)),
        }
    }
    check(&bytes, data);
    check(&bytes, &other);
    check(tagged.tags.as_bytes(), &other);
});
