//! Bytes as a manifest: raw, or as edits of a good one. What parses has one encoding and agrees
//! with itself.
#![no_main]

use cess_erasure::Geometry;
use cess_ledger::{Manifest, Profile, Section, Segment, Slot, Visibility};
use libfuzzer_sys::fuzz_target;

fn good(private: bool, replicas: u8, segments: u8) -> Manifest {
    let profile = Profile::new(replicas, Geometry::rs8(2, 1).unwrap(), 1 << 16).unwrap();
    let visibility = if private { Visibility::Private } else { Visibility::Public };
    let salt = if private { [2; 16] } else { [0; 16] };
    let root = |i: u8, j: usize| blake3::hash(&[i, j.to_le_bytes()[0]]).into();
    let segment = |i: u8| Segment {
        salt,
        root: [i; 32],
        fragments: (0..profile.fragments_per_segment()).map(|j| root(i, j)).collect(),
    };
    Manifest {
        version: Manifest::VERSION,
        profile,
        visibility,
        len: u64::from(segments) * profile.payload_len(visibility),
        salt: [1; 32],
        tag_key: [3; 32],
        sectors: 64,
        commitment: [u8::from(private); 32],
        segments: (0..segments).map(segment).collect(),
        sections: vec![Section { kind: 7, bytes: vec![1, 2] }],
    }
}

fn check(bytes: &[u8]) {
    let Ok(manifest) = Manifest::from_bytes(bytes) else { return };
    assert_eq!(manifest.to_bytes(), bytes, "two encodings of one manifest");
    assert_eq!(manifest.check(), Ok(()));
    let (profile, visibility) = (manifest.profile, manifest.visibility);
    let mut stored = 0u64;
    for (at, slot) in (0u32..).zip(manifest.slots()) {
        assert_eq!((slot.index(&profile), Slot::at(&profile, at)), (at, slot));
        stored += manifest.fragment(slot).unwrap().len();
    }
    assert_eq!(u64::try_from(manifest.slots().count()), Ok(manifest.fragment_count()));
    assert_eq!(profile.stored_len(visibility, manifest.len), Ok(stored));
    let beyond = Slot { segment: u32::MAX, replica: 0, shard: 0 };
    assert!(manifest.fragment(beyond).is_err());
}

fuzz_target!(|data: &[u8]| {
    check(data);
    let Some((&head, edits)) = data.split_first() else { return };
    let manifest = good(head & 1 > 0, 1 + (head >> 1) % 3, 1 + (head >> 3) % 3);
    let mut bytes = manifest.to_bytes();
    check(&bytes);
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len();
        bytes[at] ^= edit[2];
    }
    check(&bytes);
});
