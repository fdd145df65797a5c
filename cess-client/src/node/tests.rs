use cess_podr2::SecretKey;
use proptest::prelude::*;

use super::*;

fn tagged() -> TaggedSegment {
    let secret = SecretKey::from_seed(&[1; 32], Sectors::MIN);
    let tagged = [vec![1; 5000], vec![2; 10]].map(|data| secret.tag(3, &data).unwrap());
    TaggedSegment(tagged.map(|t| (t.fragment, t.tags)).into())
}

const MALFORMED: NodeError = NodeError::BadRequest("tags");

#[test]
fn tags_come_back() {
    for tagged in [tagged(), TaggedSegment::default()] {
        assert_eq!(TaggedSegment::from_bytes(&tagged.to_bytes()), Ok(tagged));
    }
    let tagged = tagged();
    for (fragment, tags) in &tagged.0 {
        assert_eq!(tagged.find(&fragment.name()), Some(&(*fragment, tags.clone())));
    }
    assert_eq!(tagged.find(&FragmentName::from_bytes([0; 32])), None);
}

#[test]
fn refuses_every_truncation_and_every_trailing_byte() {
    let bytes = tagged().to_bytes();
    for len in 0..bytes.len() {
        assert_eq!(TaggedSegment::from_bytes(&bytes[..len]), Err(MALFORMED), "{len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(TaggedSegment::from_bytes(&longer), Err(MALFORMED));
}

#[test]
fn refuses_other_numbers_of_tags_than_blocks() {
    let (fragment, tags) = tagged().0.remove(0);
    let fewer = Tags::from_bytes(&tags.as_bytes()[Tags::TAG_LEN..]).unwrap();
    let more = [tags.as_bytes(), &tags.as_bytes()[..Tags::TAG_LEN]].concat();
    for tags in [fewer, Tags::from_bytes(&more).unwrap()] {
        let bytes = TaggedSegment(vec![(fragment, tags)]).to_bytes();
        assert_eq!(TaggedSegment::from_bytes(&bytes), Err(MALFORMED));
    }
}

#[test]
fn refuses_impossible_fragments_and_lengths() {
    let bytes = tagged().to_bytes();
    // count u32, key 32, sectors u32, root 32, length u64, replica u32, tags u32
    for (at, value) in [(36, 65u32), (36, 0), (72, 0), (84, u32::MAX), (0, u32::MAX)] {
        let mut wrong = bytes.clone();
        wrong[at..at + 4].copy_from_slice(&value.to_le_bytes());
        assert_eq!(TaggedSegment::from_bytes(&wrong), Err(MALFORMED), "{at}");
    }
}

proptest! {
    #[test]
    fn whatever_decodes_is_the_one_encoding(at in 0usize..1000, with in any::<u8>()) {
        let mut bytes = tagged().to_bytes();
        let at = at % bytes.len();
        bytes[at] = with;
        if let Ok(decoded) = TaggedSegment::from_bytes(&bytes) {
            prop_assert_eq!(decoded.to_bytes(), bytes);
        }
    }
}
