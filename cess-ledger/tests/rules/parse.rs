//! Encodings: one a value, and no manifest that contradicts itself.

use borsh::BorshDeserialize as _;
use cess_ledger::{
    Action, Block, Error, Manifest, Profile, Section, SignedCall, Slot, State, Visibility,
};

use crate::world::{CHAIN, Who, World, profile};

type Spoil<'a> = &'a dyn Fn(&mut Manifest);

fn manifest() -> Manifest {
    let mut world = World::new(0);
    world.manifest(150_000, 1, Who::Owner)
}

#[test]
fn every_inconsistency_of_a_manifest_is_refused_by_name() {
    let good = manifest();
    assert_eq!(Manifest::from_bytes(&good.to_bytes()), Ok(good.clone()));
    let section = |kind, len| Section { kind, bytes: vec![0; len] };
    let spoil: [(&str, Spoil); 12] = [
        ("version", &|m| m.version = 2),
        ("sectors", &|m| m.sectors = 63),
        ("segments", &|m| m.len = 65_536),
        ("segments", &|m| m.len = 200_000),
        ("segments", &|m| m.segments.truncate(2)),
        ("segments", &|m| m.segments.clear()),
        ("fragments", &|m| m.segments[1].fragments.truncate(2)),
        ("fragments", &|m| m.segments[1].fragments.push([0; 32])),
        ("commitment", &|m| m.commitment[31] = 1),
        ("salt", &|m| m.segments[2].salt[0] = 1),
        ("sections", &|m| m.sections = vec![section(2, 0), section(2, 0)]),
        ("sections", &|m| m.sections = vec![section(1, Manifest::MAX_SECTION_LEN + 1)]),
    ];
    for (field, spoil) in spoil {
        let mut bad = good.clone();
        spoil(&mut bad);
        let refused = Err(Error::BadManifest { field });
        assert_eq!(Manifest::from_bytes(&bad.to_bytes()), refused);
    }
    let mut sections = good.clone();
    sections.sections = vec![section(1, 5), section(7, Manifest::MAX_SECTION_LEN)];
    assert_eq!(Manifest::from_bytes(&sections.to_bytes()), Ok(sections));
    let mut private = good;
    private.visibility = Visibility::Private;
    private.commitment[0] = 1;
    private.segments[0].salt[0] = 1;
    assert_eq!(Manifest::from_bytes(&private.to_bytes()), Ok(private));
}

#[test]
fn a_manifest_cut_extended_or_too_long_is_refused() {
    let bytes = manifest().to_bytes();
    let refused = Err(Error::BadManifest { field: "encoding" });
    for len in [0, 1, 20, bytes.len() - 1] {
        assert_eq!(Manifest::from_bytes(&bytes[..len]), refused);
    }
    let mut long = bytes.clone();
    long.push(0);
    assert_eq!(Manifest::from_bytes(&long), refused);
    // A count of segments that the bytes don't hold allocates nothing.
    let mut hostile = bytes;
    let at = 2 + Profile::LEN + 1 + 8 + 32 + 32 + 4 + 32;
    assert_eq!(hostile[at], 3);
    hostile[at..at + 4].copy_from_slice(&[0xFF; 4]);
    assert_eq!(Manifest::from_bytes(&hostile), refused);
    let refused = Err(Error::BadManifest { field: "length" });
    assert_eq!(Manifest::from_bytes(&vec![0; Manifest::MAX_LEN + 1]), refused);
}

#[test]
fn a_slot_and_its_index_are_each_others_inverse() {
    for profile in [profile(3, 2, 1), Profile::CESS, Profile::WHITE_PAPER, profile(1, 200, 56)] {
        for index in (0..5000).step_by(7) {
            let slot = Slot::at(&profile, index);
            assert_eq!(slot.index(&profile), index);
        }
    }
    let manifest = manifest();
    assert_eq!(manifest.slots().count(), 9);
    let outside = Slot { segment: 3, replica: 0, shard: 0 };
    assert_eq!(manifest.fragment(outside), Err(Error::NoSuchFragment { index: 9 }));
    let replica = Slot { segment: 0, replica: 1, shard: 0 };
    assert_eq!(manifest.fragment(replica), Err(Error::NoSuchFragment { index: 3 }));
}

#[test]
fn stored_bytes_never_shrink_as_a_file_grows() {
    // The hold of a deal covers the fee of any shorter file.
    for visibility in [Visibility::Public, Visibility::Private] {
        let profile = profile(2, 3, 2);
        let (mut last, payload) = (0, profile.payload_len(visibility));
        for len in (0..3 * payload).step_by(97).chain(payload - 2..payload + 3) {
            let stored = profile.stored_len(visibility, len).unwrap();
            if len % 97 == 0 && len > 0 {
                assert!(stored >= last || len < payload);
                last = last.max(stored);
            }
            let sum: u64 = (0..profile.segments(visibility, len))
                .map(|i| profile.layout(visibility, len, i).unwrap().shard_len() as u64 * 10)
                .sum();
            assert_eq!(stored, sum);
        }
        let stored: Vec<u64> = (0..2000)
            .map(|i| profile.stored_len(visibility, i * payload / 1000).unwrap())
            .collect();
        assert!(stored.is_sorted());
    }
}

#[test]
fn a_call_has_one_encoding() {
    let action = Action::Transfer { to: Who::Other.id(), amount: 5 };
    let call = SignedCall::sign(&Who::Owner.key(), CHAIN, 0, action);
    let bytes = call.to_bytes();
    assert_eq!(SignedCall::from_bytes(&bytes), Ok(call.clone()));
    for len in 0..bytes.len() {
        assert_eq!(SignedCall::from_bytes(&bytes[..len]), Err(Error::BadCall));
    }
    let mut long = bytes.clone();
    long.push(0);
    assert_eq!(SignedCall::from_bytes(&long), Err(Error::BadCall));
    let mut scheme = bytes;
    scheme[32] = 1;
    assert_eq!(SignedCall::from_bytes(&scheme), Err(Error::BadCall));
    assert_eq!(SignedCall::from_bytes(&vec![0; SignedCall::MAX_LEN + 1]), Err(Error::BadCall));
    let block = Block { height: 1, time: 2, randomness: [3; 32], calls: vec![call] };
    let bytes = borsh::to_vec(&block).unwrap();
    assert_eq!(Block::try_from_slice(&bytes).unwrap(), block);
}

#[test]
fn a_state_survives_its_encoding() {
    let mut world = World::new(4);
    let file = world.store(1000, 1);
    let (name, who) = world.names(file)[0];
    let order = world.lose(name, who);
    let taker = world.stranger(file);
    world.ok(taker, Action::ClaimRepair { order });
    world.close(1000, 2);
    world.window();
    let bytes = borsh::to_vec(&world.state).unwrap();
    assert_eq!(State::try_from_slice(&bytes).unwrap(), world.state);
}

#[test]
fn a_segment_outside_the_file_has_no_layout() {
    let refused = Error::NoSuchSegment { index: 1, count: 1 };
    assert_eq!(Profile::CESS.layout(Visibility::Public, 5, 1).unwrap_err(), refused);
    let bad = Profile::new(0, Profile::CESS.geometry(), 1 << 16);
    assert_eq!(bad, Err(Error::BadProfile { replicas: 0, segment_len: 1 << 16 }));
}
