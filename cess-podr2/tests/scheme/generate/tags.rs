use bls12_381::{G1Projective, Scalar};

use super::{
    BLOCK, DEFAULT, SEEDS, changed, check, infinity, malformed, put, small, write_fragment,
};
use crate::equations::{self, Id, Key, Public, affine, point};
use crate::forge::cofactor_g1;
use crate::vectors::{Data, TagCases, TagFail, TagPass};

#[test]
fn the_reference_makes_the_tags() {
    let pass = |seed: &Id, s: u32, data: Data, replica: u32| {
        let stored = Key::from_seed(seed, s).store(data.bytes(), replica);
        TagPass {
            seed: seed.into(),
            data,
            fragment: write_fragment(&stored.fragment),
            name: stored.fragment.name().into(),
            tags: stored.tags.as_flattened().into(),
        }
    };
    let stream = |of, len| Data::Stream { of, len };
    let mut cases = TagCases { pass: Vec::new(), fail: Vec::new() };
    for (at, len) in
        (0..).zip([1, 30, 31, 32, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7, 9 * BLOCK])
    {
        cases.pass.push(pass(&SEEDS[0], 64, stream(at, len), u32::from(at)));
    }
    for with in [0, 0xff] {
        cases.pass.push(pass(&SEEDS[1], 64, Data::Fill { with, len: 2 * BLOCK + 40 }, u32::MAX));
    }
    cases.pass.push(pass(&[0; 32], 128, stream(1, 2 * BLOCK + 40), 0));
    cases.pass.push(pass(&SEEDS[0], DEFAULT, stream(5, 31 * 8192 + 100_000), 3));
    cases.pass.push(pass(&SEEDS[0], DEFAULT, Data::Fill { with: 0xff, len: 31 * 8192 }, 0));

    let key = small(0);
    let powers = Public::decode(&key.public_bytes()).unwrap();
    let powers = powers.decode_proving(&key.proving_bytes()).unwrap();
    let data = stream(1, 3 * BLOCK + 7);
    let other = stream(2, 3 * BLOCK + 7);
    let stored = key.store(data.bytes(), 0);
    let good = stored.tags.as_flattened().to_vec();
    let (c, delta) = (Scalar::from(3), G1Projective::generator() * Scalar::from(99));
    let mut fail =
        |why: &str, key: &Key, fragment: &equations::Fragment, data: Data, tags: &[u8], refused| {
            // alpha is the same in all of them, so the powers are too.
            let public = Public::decode(&key.public_bytes()).unwrap();
            assert_eq!(
                public.check_tags(&powers, fragment, &data.bytes(), tags),
                Err(refused),
                "{why}"
            );
            cases.fail.push(TagFail {
                why: why.into(),
                public_key: key.public_bytes().into(),
                proving_key_of: 0,
                data,
                fragment: write_fragment(fragment),
                tags: tags.into(),
                refused: refused.into(),
            });
        };
    let fragment = stored.fragment;
    let mut plain =
        |why: &str, tags: &[u8], refused| fail(why, &key, &fragment, data, tags, refused);
    plain("two tags exchanged", &[&good[48..96], &good[..48], &good[96..]].concat(), "tags");
    plain("tags moved by one", &[&good[48..], &good[..48]].concat(), "tags");
    plain("a tag altered", &changed(&good, 48, |tag| tag + delta), "tags");
    plain("a tag negated", &changed(&good, 96, |tag| -tag), "tags");
    let pair = changed(&changed(&good, 0, |tag| tag + delta), 48, |tag| tag - delta);
    plain("two tags altered by opposite points", &pair, "tags");
    let other_tags = key.store(other.bytes(), 0).tags.as_flattened().to_vec();
    plain("tags of other data", &other_tags, "tags");
    let other_replica = key.store(data.bytes(), 1).tags.as_flattened().to_vec();
    plain("tags of another replica", &other_replica, "tags");
    plain(
        "every tag times c",
        &good.chunks(48).flat_map(|t| affine(point(t) * c)).collect::<Vec<_>>(),
        "tags",
    );
    plain("a tag at infinity", &put(&good, 48, &infinity(48)), "identity");
    let torsion = changed(&good, 48, |tag| tag + cofactor_g1());
    plain("a tag shifted by a point of cofactor order", &torsion, "subgroup");
    plain("a tag too few", &good[48..], "tag count");
    plain("a tag too many", &[&good[..], &good[..48]].concat(), "tag count");
    plain("half a tag", &good[..24], "length");
    plain("none", &[], "length");
    for (why, bytes) in malformed(&good, 48, 48) {
        plain(&format!("a tag: {why}"), &bytes, "point");
    }
    fail("other data of the same length", &key, &fragment, other, &good, "root");
    fail("data cut", &key, &fragment, stream(1, 3 * BLOCK), &good, "fragment length");
    // The thief takes over tags and data of another, under a key of which he knows X times c.
    let rogue = Key { x: key.x * c, ..key };
    let stolen = rogue.fragment(&data.bytes(), 0);
    let scaled: Vec<u8> = good.chunks(48).flat_map(|t| affine(point(t) * c)).collect();
    fail("tags times c under the key (cX, cY)", &rogue, &stolen, data, &scaled, "tags");
    check("tags.json", &cases);
}
