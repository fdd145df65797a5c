//! Whatever a prover might answer without the data, each refused.

use cess_podr2::{
    Audit, Challenge, Error, Fragment, Holding, Policy, Proof, Proving, SecretKey, Sectors, verify,
};

use crate::world::{BLOCK, SEED, World, audit, bytes, sectors};

const INFINITY: u8 = 0xc0;

fn world() -> World {
    World::new(&[3 * BLOCK + 7, 2 * BLOCK, 900])
}

/// An honest challenge and the bytes of its proof.
fn proven(world: &World) -> (Challenge, Vec<u8>) {
    let challenge = world.challenge(Policy::Every);
    let proof = world.prove(&challenge).to_bytes();
    (challenge, proof)
}

fn verdict(world: &World, challenge: &Challenge, proof: &[u8]) -> Result<(), Error> {
    world.verify(challenge, &Proof::from_bytes(proof).unwrap())
}

#[test]
fn refuses_psi_and_y_of_zero_data() {
    let world = world();
    let (challenge, mut proof) = proven(&world);
    assert_eq!(verdict(&world, &challenge, &proof), Ok(()));
    proof[48..].fill(0);
    proof[48] = INFINITY;
    assert_eq!(verdict(&world, &challenge, &proof), Err(Error::Proof));
}

#[test]
fn refuses_any_flipped_bit_of_y() {
    let world = world();
    let (challenge, proof) = proven(&world);
    for bit in 0..250 {
        let mut wrong = proof.clone();
        wrong[96 + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verdict(&world, &challenge, &wrong), Err(Error::Proof));
    }
}

#[test]
fn refuses_y_plus_the_group_order() {
    let world = world();
    let (_, mut proof) = proven(&world);
    let order = (-bls12_381::Scalar::one()).to_bytes();
    let mut carry = 1;
    for (byte, r) in proof[96..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(r) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    // Fits 256 bits, since r and y are below 2^255.
    let error = Error::Scalar { what: cess_podr2::What::Proof, index: 0 };
    assert_eq!(Proof::from_bytes(&proof), Err(error));
}

#[test]
fn refuses_a_dropped_block_answered_with_zeros() {
    let world = world();
    assert_eq!(world.verdict(|_| ()), Ok(()));
    for at in 0..3 {
        let verdict = world.verdict(|store| {
            let len = store[at].data.len().min(BLOCK);
            store[at].data[..len].fill(0);
        });
        assert_eq!(verdict, Err(Error::Proof));
    }
}

#[test]
fn refuses_one_flipped_bit() {
    let world = world();
    for at in 0..3 {
        for byte in [0, 30, 31, 899] {
            let verdict = world.verdict(|store| store[at].data[byte] ^= 0x80);
            assert_eq!(verdict, Err(Error::Proof));
        }
    }
}

#[test]
fn refuses_swapped_blocks() {
    let verdict = world().verdict(|store| {
        for stored in store {
            let middle = BLOCK.min(stored.data.len() / 2);
            let (first, rest) = stored.data.split_at_mut(middle);
            first.swap_with_slice(&mut rest[..first.len()]);
        }
    });
    assert_eq!(verdict, Err(Error::Proof));
}

#[test]
fn refuses_the_block_and_tag_of_another_place_or_fragment() {
    // Block and tag fit together, but answer for another index or name.
    let world = World::new(&[BLOCK, BLOCK]);
    let verdict = world.verdict(|store| {
        let other = store[0].clone();
        store[1].data = other.data;
        store[1].tagged = other.tagged;
    });
    assert_eq!(verdict, Err(Error::Proof));
}

#[test]
fn refuses_a_block_whose_padding_is_not_zero() {
    let world = World::new(&[900]);
    let verdict = world.verdict(|store| store[0].data.resize(1200, 1));
    assert_eq!(verdict, Err(Error::Proof));
}

#[test]
fn refuses_another_replica() {
    let data = bytes(3000, 1);
    let secret = SecretKey::from_seed(&[7; 32], sectors());
    let mut world = World::new(&[]);
    let (zero, one) = (secret.tag(0, &data).unwrap(), secret.tag(1, &data).unwrap());
    assert_ne!(zero.name(), one.name());
    world.insert(data, zero);
    let verdict = world.verdict(|store| store[0].tagged = one);
    assert_eq!(verdict, Err(Error::Proof));
}

#[test]
fn refuses_a_proof_for_another_challenge() {
    let world = world();
    let (challenge, proof) = proven(&world);
    assert_eq!(verdict(&world, &challenge, &proof), Ok(()));
    let Audit { chain_id, round, height, prover } = audit();
    let window =
        Policy::Window { windows: 1.try_into().unwrap(), samples: u32::MAX.try_into().unwrap() };
    for (audit, policy, seed) in [
        (Audit { chain_id: [9; 32], ..audit() }, Policy::Every, SEED),
        (Audit { round: round + 1, ..audit() }, Policy::Every, SEED),
        (Audit { height: height + 1, ..audit() }, Policy::Every, SEED),
        (Audit { prover: [9; 32], ..audit() }, Policy::Every, SEED),
        (Audit { chain_id: prover, prover: chain_id, ..audit() }, Policy::Every, SEED),
        (Audit { round: height, height: round, ..audit() }, Policy::Every, SEED),
        (audit(), window, SEED),
        (audit(), Policy::Every, [4; 32]),
    ] {
        let other = Challenge::new(audit, &world.holding, policy, seed).unwrap();
        assert_ne!(other.digest(), challenge.digest());
        assert_eq!(verdict(&world, &other, &proof), Err(Error::Proof));
    }
}

#[test]
fn refuses_a_proof_for_another_holding() {
    let world = world();
    let (challenge, proof) = proven(&world);
    let proof = Proof::from_bytes(&proof).unwrap();
    let lookup = |id: &_| world.publics.get(id);
    let entries: Vec<_> = world.holding.iter().copied().collect();

    // One omitted, and the same number of entries with one exchanged.
    let omitted = Holding::from_entries(entries[1..].iter().copied()).unwrap();
    assert_eq!(verify(&challenge, &omitted, lookup, &proof), Err(Error::WrongHolding));
    let mut exchanged = omitted.clone();
    let key = world.publics.values().next().unwrap();
    let len = entries[0].blocks() * BLOCK as u64;
    exchanged.add(Fragment::new(key, [9; 32], len, 0).unwrap().entry()).unwrap();
    assert_eq!(exchanged.total_blocks(), world.holding.total_blocks());
    assert_eq!(verify(&challenge, &exchanged, lookup, &proof), Err(Error::WrongHolding));

    // A challenge made for the other holding refuses the proof itself.
    let other = Challenge::new(audit(), &omitted, Policy::Every, SEED).unwrap();
    assert_eq!(verify(&other, &omitted, lookup, &proof), Err(Error::Proof));
}

#[test]
fn refuses_a_repeated_name() {
    let world = world();
    let entry = *world.holding.iter().next().unwrap();
    let error = Error::Duplicate { name: entry.name() };
    assert_eq!(world.holding.clone().add(entry), Err(error.clone()));
    assert_eq!(Holding::from_entries([entry, entry]), Err(error));
}

#[test]
fn refuses_an_empty_holding() {
    let holding = Holding::new();
    assert_eq!(Challenge::new(audit(), &holding, Policy::Every, SEED), Err(Error::EmptyHolding));
    let mut bytes = world().challenge(Policy::Every).to_bytes();
    bytes[116..132].fill(0);
    assert_eq!(Challenge::from_bytes(&bytes), Err(Error::EmptyHolding));
}

#[test]
fn refuses_another_key() {
    let world = world();
    let (challenge, proof) = proven(&world);
    let proof = Proof::from_bytes(&proof).unwrap();
    let other = SecretKey::from_seed(&[8; 32], sectors()).public();
    let id = *world.publics.keys().next().unwrap();
    let verdict = verify(&challenge, &world.holding, |_| Some(&other), &proof);
    assert_eq!(verdict, Err(Error::KeyMismatch { expected: id, got: other.key_id() }));
    let verdict = verify(&challenge, &world.holding, |_| None, &proof);
    assert_eq!(verdict, Err(Error::UnknownKey { key: id }));
}

#[test]
fn refuses_blocks_counted_by_another_number_of_sectors() {
    // Eight blocks, counted as one: the first alone would do.
    let world = World::new(&[8 * BLOCK]);
    let right = world.store.values().next().unwrap().tagged.fragment;
    let (key, root, len) = (right.key_id(), right.root(), right.len());
    let many = Sectors::new(8 * sectors().get()).unwrap();
    let wrong = Fragment::from_parts(key, many, root, len, 0).unwrap();
    assert_eq!((wrong.name(), wrong.blocks()), (right.name(), 1));
    let error = Error::WrongSectors { name: right.name(), expected: 64, got: 512 };

    let (_, proof) = proven(&world);
    let proof = Proof::from_bytes(&proof).unwrap();
    for policy in [Policy::Every, Policy::AUDIT] {
        let verdict = |fragment: &Fragment| {
            let holding = Holding::from_entries([fragment.entry()]).unwrap();
            let challenge = Challenge::new(audit(), &holding, policy, SEED).unwrap();
            let proving = Proving::new(&challenge, &holding, |id| world.provings.get(id));
            let verdict = verify(&challenge, &holding, |id| world.publics.get(id), &proof);
            (proving.map(|_| ()), verdict)
        };
        assert_eq!(verdict(&wrong), (Err(error.clone()), Err(error.clone())));
        assert_eq!(verdict(&right).0, Ok(()));
    }
}

#[test]
fn refuses_more_or_fewer_keys_than_are_hit() {
    let mut world = world();
    let (one, alone) = proven(&world);
    world.extend(8, &[700]);
    let (two, joint) = proven(&world);
    let verdict_of = |challenge, proof: &[u8]| verdict(&world, challenge, proof);
    assert_eq!(verdict_of(&two, &joint), Ok(()));
    let error = Error::KeyCount { expected: 2, got: 1 };
    assert_eq!(verdict_of(&two, &alone), Err(error));
    let first = World::new(&[3 * BLOCK + 7, 2 * BLOCK, 900]);
    let error = Error::KeyCount { expected: 1, got: 2 };
    assert_eq!(verdict(&first, &one, &joint), Err(error));
}

#[test]
fn refuses_the_answers_of_two_keys_exchanged() {
    let mut world = world();
    world.extend(8, &[700]);
    let (challenge, mut proof) = proven(&world);
    let (first, second) = proof[48..].split_at_mut(80);
    first.swap_with_slice(second);
    assert_eq!(verdict(&world, &challenge, &proof), Err(Error::Proof));
}

#[test]
fn refuses_answers_put_together_from_old_proofs() {
    let world = world();
    let old: Vec<Vec<u8>> = (0..4)
        .map(|seed| {
            let challenge =
                Challenge::new(audit(), &world.holding, Policy::Every, [10 + seed; 32]).unwrap();
            world.prove(&challenge).to_bytes()
        })
        .collect();
    // The prover keeps tags, so sigma is right for the new challenge; psi and y are old ones.
    let (challenge, proof) = proven(&world);
    for (psi, y) in [(0, 0), (0, 1), (2, 3), (3, 3)] {
        let mixed = [&proof[..48], &old[psi][48..96], &old[y][96..]].concat();
        assert_eq!(verdict(&world, &challenge, &mixed), Err(Error::Proof));
        let mixed = [&proof[..96], &old[y][96..]].concat();
        assert_eq!(verdict(&world, &challenge, &mixed), Err(Error::Proof));
        let mixed = [&proof[..48], &old[psi][48..96], &proof[96..]].concat();
        assert_eq!(verdict(&world, &challenge, &mixed), Err(Error::Proof));
        let mixed = [&old[psi][..48], &proof[48..]].concat();
        assert_eq!(verdict(&world, &challenge, &mixed), Err(Error::Proof));
    }
}

#[test]
fn refuses_malformed_proofs() {
    let (_, proof) = proven(&world());
    let what = cess_podr2::What::Proof;
    for (len, expected) in [(0, 128), (48, 128), (127, 128), (129, 128), (207, 128), (209, 208)] {
        let mut wrong = proof.clone();
        wrong.resize(len, 0);
        let error = Error::Length { what, expected, got: len as u64 };
        assert_eq!(Proof::from_bytes(&wrong), Err(error));
    }
    for (at, index) in [(0, 0), (48, 1)] {
        for flags in [proof[at] & 0x1f, proof[at] | 0x40, 0xe0, 0x00] {
            let mut wrong = proof.clone();
            wrong[at] = flags;
            assert_eq!(Proof::from_bytes(&wrong), Err(Error::Point { what, index }));
        }
    }
    let mut identity = proof.clone();
    identity[..48].fill(0);
    identity[0] = INFINITY;
    assert_eq!(Proof::from_bytes(&identity), Err(Error::Identity { what, index: 0 }));
    let mut negated = proof;
    negated[0] ^= 0x20;
    assert!(Proof::from_bytes(&negated).is_ok());
}

#[test]
fn refuses_a_negated_point() {
    let world = world();
    let (challenge, proof) = proven(&world);
    for at in [0, 48] {
        let mut negated = proof.clone();
        negated[at] ^= 0x20;
        assert_eq!(verdict(&world, &challenge, &negated), Err(Error::Proof));
    }
}

#[test]
fn refuses_malformed_challenges() {
    let good = world().challenge(Policy::AUDIT);
    let bytes = good.to_bytes();
    assert_eq!(Challenge::from_bytes(&bytes), Ok(good));
    let what = cess_podr2::What::Challenge;
    for len in [0, Challenge::LEN - 1, Challenge::LEN + 1] {
        let error = Error::Length { what, expected: Challenge::LEN as u64, got: len as u64 };
        assert_eq!(Challenge::from_bytes(&vec![0; len]), Err(error));
    }
    let mut wrong = bytes;
    wrong[0] = 2;
    assert_eq!(Challenge::from_bytes(&wrong), Err(Error::Version { expected: 1, got: 2 }));
    for (kind, windows, samples) in [(0, 1, 0), (0, 0, 1), (1, 0, 5), (1, 5, 0), (2, 5, 5)] {
        let mut wrong = bytes;
        wrong[132] = kind;
        wrong[133..137].copy_from_slice(&u32::to_le_bytes(windows));
        wrong[137..141].copy_from_slice(&u32::to_le_bytes(samples));
        let error = Error::Policy { kind, windows, samples };
        assert_eq!(Challenge::from_bytes(&wrong), Err(error));
    }
}
