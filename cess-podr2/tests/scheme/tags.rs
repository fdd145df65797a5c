use cess_podr2::{
    Error, Fragment, SecretKey, Sectors, TagCheck, Tagged, Tags, What, check_fragment,
};
use proptest::prelude::*;

use crate::world::{BLOCK, bytes, sectors};

fn secret() -> SecretKey {
    SecretKey::from_seed(&[7; 32], sectors())
}

/// Several fragments and the result of checking them together.
fn check(items: &[(Fragment, &Tags)], data: &[&[u8]]) -> Result<(), Error> {
    let (key, proving) = (secret().public(), secret().proving_key());
    let mut check = TagCheck::new(&key, &proving, items)?;
    for data in data {
        check.update(data)?;
        check.end_fragment()?;
    }
    check.finish()
}

fn one(fragment: &Fragment, tags: &Tags, data: &[u8]) -> Result<(), Error> {
    check_fragment(&secret().public(), &secret().proving_key(), fragment, tags, data)
}

#[test]
fn fresh_tags_pass_alone_and_together() {
    let data: Vec<Vec<u8>> =
        [1, 31, BLOCK, BLOCK + 1, 4 * BLOCK].iter().map(|len| bytes(*len, 1)).collect();
    let tagged: Vec<Tagged> = data.iter().map(|d| secret().tag(3, d).unwrap()).collect();
    for (tagged, data) in tagged.iter().zip(&data) {
        assert_eq!(one(&tagged.fragment, &tagged.tags, data), Ok(()));
    }
    let items: Vec<_> = tagged.iter().map(|t| (t.fragment, &t.tags)).collect();
    let data: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
    assert_eq!(check(&items, &data), Ok(()));
}

#[test]
fn refuses_other_data_by_its_root() {
    let data = bytes(3000, 1);
    let Tagged { fragment, tags } = secret().tag(0, &data).unwrap();
    for byte in [0, BLOCK, 2999] {
        let mut wrong = data.clone();
        wrong[byte] ^= 1;
        assert_eq!(one(&fragment, &tags, &wrong), Err(Error::Root { index: 0 }));
    }
    // Trailing zeros are more data, though the blocks they pad are the same.
    let mut padded = data.clone();
    padded.push(0);
    let error = Error::FragmentLength { index: 0, expected: 3000, got: 3001 };
    assert_eq!(one(&fragment, &tags, &padded), Err(error));
    let error = Error::FragmentLength { index: 0, expected: 3000, got: 2999 };
    assert_eq!(one(&fragment, &tags, &data[..2999]), Err(error));
}

#[test]
fn refuses_tags_of_other_data() {
    let (data, other) = (bytes(3000, 1), bytes(3000, 2));
    let (mine, theirs) = (secret().tag(0, &data).unwrap(), secret().tag(0, &other).unwrap());
    assert_eq!(one(&mine.fragment, &theirs.tags, &data), Err(Error::Tags));
    assert_eq!(one(&mine.fragment, &mine.tags, &data), Ok(()));
}

#[test]
fn refuses_tags_of_another_replica() {
    let data = bytes(3000, 1);
    let (zero, one_) = (secret().tag(0, &data).unwrap(), secret().tag(1, &data).unwrap());
    assert_eq!(one(&zero.fragment, &one_.tags, &data), Err(Error::Tags));
}

#[test]
fn refuses_permuted_tags() {
    let data = bytes(3 * BLOCK, 1);
    let Tagged { fragment, tags } = secret().tag(0, &data).unwrap();
    let mut permuted = tags.as_bytes().to_vec();
    permuted.rotate_left(48);
    let permuted = Tags::from_bytes(&permuted).unwrap();
    assert_eq!(one(&fragment, &permuted, &data), Err(Error::Tags));
    // Equal blocks don't make tags exchangeable either.
    let data = vec![5; 2 * BLOCK];
    let Tagged { fragment, tags } = secret().tag(0, &data).unwrap();
    let mut swapped = tags.as_bytes().to_vec();
    swapped.rotate_left(48);
    let swapped = Tags::from_bytes(&swapped).unwrap();
    assert_eq!(one(&fragment, &swapped, &data), Err(Error::Tags));
}

#[test]
fn refuses_exchanged_fragments_in_one_check() {
    let (a, b) = (bytes(BLOCK, 1), bytes(BLOCK, 2));
    let (s, t) = (secret().tag(0, &a).unwrap(), secret().tag(0, &b).unwrap());
    let items = [(s.fragment, &s.tags), (t.fragment, &t.tags)];
    assert_eq!(check(&items, &[&a, &b]), Ok(()));
    assert_eq!(check(&items, &[&b, &a]), Err(Error::Root { index: 0 }));
    let exchanged = [(s.fragment, &t.tags), (t.fragment, &s.tags)];
    assert_eq!(check(&exchanged, &[&a, &b]), Err(Error::Tags));
}

#[test]
fn refuses_missing_and_surplus_fragments() {
    let data = bytes(100, 1);
    let Tagged { fragment, tags } = secret().tag(0, &data).unwrap();
    let items = [(fragment, &tags)];
    assert_eq!(check(&items, &[]), Err(Error::FragmentCount { expected: 1, got: 0 }));
    let error = Error::FragmentCount { expected: 1, got: 2 };
    assert_eq!(check(&items, &[&data, &data]), Err(error));
}

#[test]
fn refuses_a_wrong_number_of_tags_and_another_key() {
    let data = bytes(3000, 1);
    let Tagged { fragment, tags } = secret().tag(0, &data).unwrap();
    let short = Tags::from_bytes(&tags.as_bytes()[48..]).unwrap();
    let error = Error::TagCount { index: 0, expected: 2, got: 1 };
    assert_eq!(one(&fragment, &short, &data), Err(error));

    let other = SecretKey::from_seed(&[8; 32], sectors());
    let (mine, theirs) = (secret().public(), other.public());
    let foreign = other.tag(0, &data).unwrap();
    let error = Error::WrongKey { expected: mine.key_id(), got: theirs.key_id() };
    assert_eq!(one(&foreign.fragment, &foreign.tags, &data), Err(error));
    let error = Error::KeyMismatch { expected: mine.key_id(), got: theirs.key_id() };
    let check = check_fragment(&mine, &other.proving_key(), &fragment, &tags, &data);
    assert_eq!(check, Err(error));
}

#[test]
fn refuses_a_fragment_counted_by_another_number_of_sectors() {
    // One block by either count, so the number of tags doesn't tell.
    let data = bytes(1000, 1);
    let Tagged { fragment, tags } = secret().tag(0, &data).unwrap();
    let many = Sectors::new(512).unwrap();
    let wrong = Fragment::from_parts(fragment.key_id(), many, fragment.root(), 1000, 0).unwrap();
    let error = Error::WrongSectors { name: fragment.name(), expected: 64, got: 512 };
    assert_eq!(one(&wrong, &tags, &data), Err(error));
    assert_eq!(one(&fragment, &tags, &data), Ok(()));
}

#[test]
fn refuses_the_identity_as_a_tag() {
    let data = bytes(100, 1);
    let fragment = secret().tag(0, &data).unwrap().fragment;
    let mut infinity = [0; 48];
    infinity[0] = 0xc0;
    let tags = Tags::from_bytes(&infinity).unwrap();
    assert_eq!(one(&fragment, &tags, &data), Err(Error::Identity { what: What::Tag, index: 0 }));
}

#[test]
fn refuses_tags_of_a_wrong_length() {
    for (len, expected) in [(0, 48), (1, 48), (47, 48), (49, 96), (95, 96)] {
        let error = Error::Length { what: What::Tags, expected, got: len as u64 };
        assert_eq!(Tags::from_bytes(&vec![0; len]), Err(error));
    }
    let tags = Tags::from_bytes(&[7; 96]).unwrap();
    assert_eq!((tags.len(), tags.as_bytes()), (2, &[7; 96][..]));
    assert_eq!((tags.get(1), tags.get(2)), (Some(&[7; 48]), None));
}

#[test]
fn refuses_an_empty_fragment() {
    assert_eq!(secret().tag(0, &[]), Err(Error::EmptyFragment));
    let made = Fragment::new(&secret().public(), [0; 32], 0, 0);
    assert_eq!(made, Err(Error::EmptyFragment));
}

#[test]
fn name_binds_key_root_length_and_replica() {
    let key = secret().public();
    let other = SecretKey::from_seed(&[8; 32], sectors()).public();
    let wider = SecretKey::from_seed(&[7; 32], cess_podr2::Sectors::new(128).unwrap()).public();
    let base = Fragment::new(&key, [1; 32], 5, 0).unwrap();
    for fragment in [
        Fragment::new(&other, [1; 32], 5, 0),
        Fragment::new(&wider, [1; 32], 5, 0),
        Fragment::new(&key, [2; 32], 5, 0),
        Fragment::new(&key, [1; 32], 6, 0),
        Fragment::new(&key, [1; 32], 5, 1),
    ] {
        assert_ne!(fragment.unwrap().name(), base.name());
    }
    assert_eq!(base.entry().name(), base.name());
    assert_eq!(base.entry().blocks(), 1);
}

#[test]
fn debug_shows_no_secret() {
    let secret = secret();
    let shown = format!("{secret:?} {:?}", secret.tagger(0));
    let id = secret.public().key_id();
    assert_eq!(shown, format!("SecretKey {{ id: {id:?}, .. }} Tagger {{ replica: 0, .. }}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn tags_do_not_depend_on_chunking(len in 1_usize..4 * BLOCK, cuts in proptest::collection::vec(1_usize..3000, 1..20)) {
        let (secret, data) = (secret(), bytes(len, 3));
        let mut tagger = secret.tagger(2);
        let mut rest = data.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (part, after) = rest.split_at(rest.len().min(*cut));
            tagger.update(part);
            tagger.update(&[]);
            rest = after;
        }
        prop_assert_eq!(tagger.finish().unwrap(), secret.tag(2, &data).unwrap());
    }

    #[test]
    fn checks_do_not_depend_on_chunking(len in 1_usize..4 * BLOCK, cut in 1_usize..5000) {
        let (secret, data) = (secret(), bytes(len, 3));
        let (key, proving) = (secret.public(), secret.proving_key());
        let Tagged { fragment, tags } = secret.tag(0, &data).unwrap();
        let mut check = TagCheck::new(&key, &proving, &[(fragment, &tags)]).unwrap();
        for part in data.chunks(cut) {
            check.update(part).unwrap();
        }
        check.end_fragment().unwrap();
        prop_assert_eq!(check.finish(), Ok(()));
    }
}
