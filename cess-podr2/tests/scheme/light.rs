//! Verification from a root and an opening, and whatever an opening might say instead.

use cess_podr2::{
    Challenge, Drawn, Entry, Error, Fragment, Fragments, Holding, MAX_SAMPLES, Opening, Policy,
    Proof, SecretKey, Sectors, What, prove, verify, verify_batch,
};

use crate::world::{BLOCK, SEED, Source, World, audit, sectors};

fn window(windows: u32, samples: u32) -> Policy {
    Policy::Window { windows: windows.try_into().unwrap(), samples: samples.try_into().unwrap() }
}

fn world() -> World {
    let mut world = World::new(&[3 * BLOCK, 40, 5 * BLOCK + 1, 900, 2 * BLOCK, 1, 4 * BLOCK, 77]);
    world.extend(8, &[2 * BLOCK, 100, 7000]);
    world
}

/// Decoded as it came over a wire.
fn opened(bytes: &[u8], challenge: &Challenge) -> Result<Drawn, Error> {
    Opening::from_bytes(bytes)?.check(challenge)
}

#[test]
fn root_and_opening_do_what_the_list_does() {
    let world = world();
    for (policy, fragments) in [(Policy::Every, 11), (window(1, 22), 11), (window(3, 20), 4)] {
        let challenge = world.challenge(policy);
        let opening = world.holding.open(&challenge).unwrap();
        let bytes = opening.to_bytes();
        assert_eq!(
            (Opening::from_bytes(&bytes), bytes.len()),
            (Ok(opening.clone()), opening.encoded_len())
        );

        let drawn = opened(&bytes, &challenge).unwrap();
        assert_eq!(drawn.entries().len(), fragments);
        assert_eq!(world.holding.draw(&challenge).as_ref(), Ok(&drawn));
        let kept = drawn.entries().iter().copied();
        assert_eq!(Drawn::trusted(&challenge, kept).as_ref(), Ok(&drawn));
        let ranked: Vec<&Entry> = challenge
            .ranks()
            .unwrap()
            .iter()
            .map(|rank| world.holding.nth(*rank).unwrap())
            .collect();
        assert!(drawn.entries().iter().eq(ranked));

        let list: Vec<_> =
            challenge.samples(&world.holding).unwrap().map(|s| (*s.entry, s.block)).collect();
        let light: Vec<_> =
            challenge.samples(&drawn).unwrap().map(|s| (*s.entry, s.block)).collect();
        assert_eq!(list, light);

        let proof = world.prove(&challenge);
        let mut store = world.store.clone();
        let lookup = |id: &_| world.provings.get(id);
        assert_eq!(prove(&challenge, &drawn, lookup, &mut Source(&mut store)).as_ref(), Ok(&proof));
        let lookup = |id: &_| world.publics.get(id);
        assert_eq!(verify(&challenge, &drawn, lookup, &proof), Ok(()));
        let batch: [(&Challenge, &dyn Fragments, &Proof); 2] =
            [(&challenge, &drawn, &proof), (&challenge, &world.holding, &proof)];
        assert_eq!(verify_batch(&batch, lookup), Ok(()));
    }
}

#[test]
fn a_light_verifier_refuses_what_the_list_refuses() {
    let world = world();
    let challenge = world.challenge(window(3, 20));
    let drawn = world.holding.draw(&challenge).unwrap();
    let mut spoiled = world.clone();
    let name = drawn.entries()[1].name();
    spoiled.store.get_mut(&name).unwrap().data.fill(0);
    let proof = spoiled.prove(&challenge);
    assert_eq!(verify(&challenge, &drawn, |id| world.publics.get(id), &proof), Err(Error::Proof));
}

#[test]
fn what_was_drawn_for_one_challenge_answers_no_other() {
    let world = world();
    let challenge = world.challenge(window(3, 20));
    let proof = world.prove(&challenge);
    let other = Challenge::new(audit(), &world.holding, window(3, 20), [4; 32]).unwrap();
    let drawn = world.holding.draw(&other).unwrap();
    let lookup = |id: &_| world.publics.get(id);
    assert_eq!(verify(&challenge, &drawn, lookup, &proof), Err(Error::WrongHolding));
    let opening = world.holding.open(&other).unwrap();
    assert!(matches!(opening.check(&challenge), Err(Error::Opening(_))));
    // Nor does the challenge fit another holding.
    let smaller = World::new(&[BLOCK, 900]);
    assert_eq!(smaller.holding.draw(&challenge), Err(Error::WrongHolding));
    assert_eq!(smaller.holding.open(&challenge), Err(Error::WrongHolding));
}

#[test]
fn refuses_openings_of_another_root_or_number() {
    let world = world();
    let challenge = world.challenge(window(3, 20));
    let bytes = world.holding.open(&challenge).unwrap().to_bytes();
    assert!(opened(&bytes, &challenge).is_ok());
    // Root, total, fragments, windows; samples and seed are no part of the opening.
    for at in [84, 116, 124, 133] {
        let mut other = challenge.to_bytes();
        other[at] += 1;
        let other = Challenge::from_bytes(&other).unwrap();
        assert!(opened(&bytes, &other).is_err(), "byte {at}");
    }
}

/// The parts of an encoding: header, keys, fragments, proof.
fn parts(bytes: &[u8]) -> (Vec<[u8; 36]>, Vec<[u8; 44]>, Vec<u8>) {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (keys, rest) = bytes[8..].split_at(36 * number(0));
    let (fragments, proof) = rest.split_at(44 * number(4));
    let keys = keys.chunks(36).map(|key| key.try_into().unwrap());
    let fragments = fragments.chunks(44).map(|fragment| fragment.try_into().unwrap());
    (keys.collect(), fragments.collect(), proof.to_vec())
}

fn join(keys: &[[u8; 36]], fragments: &[[u8; 44]], proof: &[u8]) -> Vec<u8> {
    let number = |len: usize| u32::try_from(len).unwrap().to_le_bytes();
    let header = [number(keys.len()), number(fragments.len())].concat();
    [&header[..], keys.as_flattened(), fragments.as_flattened(), proof].concat()
}

#[test]
fn refuses_swapped_repeated_omitted_or_foreign_fragments() {
    let mut world = World::new(&[40, 50, 60, BLOCK, 5000, 6000]);
    world.extend(8, &[41, 51, 61, 2 * BLOCK, 7000, 8000]);
    let challenge = world.challenge(window(2, 30));
    let bytes = world.holding.open(&challenge).unwrap().to_bytes();
    let (keys, fragments, proof) = parts(&bytes);
    assert_eq!((keys.len(), fragments.len()), (2, 6));
    assert_eq!(join(&keys, &fragments, &proof), bytes);
    let verdict = |fragments: &[[u8; 44]]| opened(&join(&keys, fragments, &proof), &challenge);
    let is_no_opening = |verdict| matches!(verdict, Err(Error::Opening(_)));
    for at in 0..5 {
        let mut swapped = fragments.clone();
        swapped.swap(at, at + 1);
        assert!(is_no_opening(verdict(&swapped)));
        let mut twice = fragments.clone();
        twice[at] = twice[at + 1];
        assert!(is_no_opening(verdict(&twice)));
        // Fewer blocks than it has.
        let mut fewer = fragments.clone();
        fewer[at][36] ^= 1;
        assert!(is_no_opening(verdict(&fewer)));
        // Another key's.
        let mut foreign = fragments.clone();
        foreign[at][0] ^= 1;
        assert!(is_no_opening(verdict(&foreign)));
        let mut omitted = fragments.clone();
        omitted.remove(at);
        let got = 5;
        assert_eq!(verdict(&omitted), Err(Error::DrawnCount { expected: 6, got }));
        let mut repeated = fragments.clone();
        repeated.insert(at, fragments[at]);
        assert_eq!(verdict(&repeated), Err(Error::DrawnCount { expected: 6, got: 7 }));
    }
    // A fragment of the holding that was not drawn, with its own valid path.
    let drawn = opened(&bytes, &challenge).unwrap();
    let spare = world.holding.iter().find(|entry| !drawn.entries().contains(entry)).unwrap();
    let mut exchanged = fragments.clone();
    exchanged[0][4..36].copy_from_slice(spare.name().as_bytes());
    exchanged[0][36..].copy_from_slice(&spare.blocks().to_le_bytes());
    assert!(is_no_opening(verdict(&exchanged)));
}

#[test]
fn refuses_key_lists_that_are_not_canonical() {
    let world = world();
    let challenge = world.challenge(window(2, 30));
    let bytes = world.holding.open(&challenge).unwrap().to_bytes();
    let (keys, fragments, proof) = parts(&bytes);
    let verdict = |keys: &[[u8; 36]]| opened(&join(keys, &fragments, &proof), &challenge);
    assert!(verdict(&keys).is_ok());
    let index = 1;
    assert_eq!(verdict(&[keys[1], keys[0]]), Err(Error::KeyList { index }));
    assert_eq!(verdict(&[keys[0], keys[0]]), Err(Error::KeyList { index }));
    assert_eq!(verdict(&keys[..1]), Err(Error::KeyList { index }));
    let mut last = [0xff; 36];
    last[32..].copy_from_slice(&64_u32.to_le_bytes());
    assert_eq!(verdict(&[keys[0], keys[1], last]), Err(Error::KeyList { index: 2 }));
    let mut odd = keys.clone();
    odd[0][32] = 65;
    assert_eq!(verdict(&odd), Err(Error::Sectors { got: 65 }));
    // Another number of sectors decodes, and the key itself refuses it.
    odd[0][32..].copy_from_slice(&128_u32.to_le_bytes());
    let drawn = verdict(&odd).unwrap();
    let proof = world.prove(&challenge);
    let verdict = verify(&challenge, &drawn, |id| world.publics.get(id), &proof);
    assert!(matches!(verdict, Err(Error::WrongSectors { expected: 64, got: 128, .. })));
}

#[test]
fn every_bit_of_an_opening_counts() {
    let world = world();
    let challenge = world.challenge(window(5, 10));
    let bytes = world.holding.open(&challenge).unwrap().to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut wrong = bytes.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        let verdict = opened(&wrong, &challenge);
        // The number of sectors alone is judged by the key.
        let wrong_sectors = verdict.is_ok_and(|drawn| {
            let proof = world.prove(&challenge);
            let lookup = |id: &_| world.publics.get(id);
            !matches!(verify(&challenge, &drawn, lookup, &proof), Err(Error::WrongSectors { .. }))
        });
        assert!(!wrong_sectors, "bit {bit}");
    }
    for len in 0..bytes.len() {
        assert!(Opening::from_bytes(&bytes[..len]).is_err(), "cut to {len}");
    }
    assert!(Opening::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn refuses_numbers_that_do_not_fit_before_taking_memory() {
    let max = MAX_SAMPLES;
    for header in [[u32::MAX, 1], [1, u32::MAX]] {
        let bytes = header.map(u32::to_le_bytes).concat();
        let got = u64::from(u32::MAX);
        assert_eq!(Opening::from_bytes(&bytes), Err(Error::TooManySamples { max, got }));
    }
    let bytes = [1_u32, 1 << 24].map(u32::to_le_bytes).concat();
    let what = What::Opening;
    assert_eq!(Opening::from_bytes(&bytes), Err(Error::Length { what, expected: 36, got: 0 }));
}

#[test]
fn kept_draws_are_checked_for_number_and_order() {
    let world = world();
    let challenge = world.challenge(window(3, 20));
    let drawn = world.holding.draw(&challenge).unwrap();
    let entries = drawn.entries().to_vec();
    let keep = |entries: &[Entry]| Drawn::trusted(&challenge, entries.iter().copied());
    assert_eq!(keep(&entries[1..]), Err(Error::DrawnCount { expected: 4, got: 3 }));
    let swapped = [entries[1], entries[0], entries[2], entries[3]];
    assert_eq!(keep(&swapped), Err(Error::FragmentsUnordered { index: 1 }));
    let twice = [entries[0], entries[0], entries[2], entries[3]];
    assert_eq!(keep(&twice), Err(Error::FragmentsUnordered { index: 1 }));
}

#[test]
fn provers_take_the_whole_list_or_what_is_drawn() {
    let world = world();
    let challenge = world.challenge(window(3, 20));
    let drawn = world.holding.draw(&challenge).unwrap();
    let whole: Vec<Entry> =
        world.holding.iter().copied().collect::<Vec<_>>().into_iter().rev().collect();
    let part: Vec<Entry> = drawn.entries().iter().copied().rev().collect();
    let listed = |entries: &[Entry]| Drawn::listed(&challenge, entries.iter().copied());
    assert_eq!(listed(&whole).as_ref(), Ok(&drawn));
    assert_eq!(listed(&part).as_ref(), Ok(&drawn));
    assert_eq!(listed(&part[1..]), Err(Error::DrawnCount { expected: 4, got: 3 }));
    let twice = [part[0], part[0]];
    assert_eq!(listed(&twice), Err(Error::Duplicate { name: part[0].name() }));
    let mut other = whole;
    let spare = World::new(&[12345]).holding.iter().copied().next().unwrap();
    other[0] = spare;
    assert_eq!(listed(&other), Err(Error::WrongHolding));
}

/// Many keys, one fragment each; the proof answers them by rising id.
#[test]
fn proofs_over_many_keys_refuse_every_other_order_and_number() {
    let mut world = World::default();
    for seed in 0..9 {
        world.extend(seed, &[BLOCK + usize::from(seed)]);
    }
    let challenge = world.challenge(Policy::Every);
    let drawn = opened(&world.holding.open(&challenge).unwrap().to_bytes(), &challenge).unwrap();
    let proof = world.prove(&challenge).to_bytes();
    assert_eq!(proof.len(), 48 + 80 * 9);
    let verdict = |bytes: &[u8]| {
        let proof = Proof::from_bytes(bytes)?;
        let lookup = |id: &_| world.publics.get(id);
        let light = verify(&challenge, &drawn, lookup, &proof);
        assert_eq!(light, world.verify(&challenge, &proof));
        light
    };
    assert_eq!(verdict(&proof), Ok(()));
    let (sigma, answers) = proof.split_at(48);
    let answers: Vec<&[u8]> = answers.chunks(80).collect();
    let join = |answers: &[&[u8]]| [sigma, &answers.concat()].concat();
    for at in 0..9 {
        let mut omitted = answers.clone();
        omitted.remove(at);
        let count = |got| Err(Error::KeyCount { expected: 9, got });
        assert_eq!(verdict(&join(&omitted)), count(8));
        let mut repeated = answers.clone();
        repeated.insert(at, answers[at]);
        assert_eq!(verdict(&join(&repeated)), count(10));
        let mut reordered = answers.clone();
        reordered.swap(at, (at + 1) % 9);
        assert_eq!(verdict(&join(&reordered)), Err(Error::Proof));
        let mut copied = answers.clone();
        copied[at] = answers[(at + 1) % 9];
        assert_eq!(verdict(&join(&copied)), Err(Error::Proof));
    }
}

#[test]
fn many_keys_hit_by_a_window_are_all_answered() {
    let mut world = World::default();
    for seed in 0..20 {
        world.extend(seed, &[900, 3 * BLOCK]);
    }
    for seed in 0..3 {
        let challenge = Challenge::new(audit(), &world.holding, window(4, 30), [seed; 32]).unwrap();
        let hit = challenge.samples(&world.holding).unwrap().keys().len();
        assert!((2..=10).contains(&hit));
        let proof = world.prove(&challenge);
        assert_eq!(proof.to_bytes().len(), 48 + 80 * hit);
        let drawn = world.holding.draw(&challenge).unwrap();
        assert_eq!(verify(&challenge, &drawn, |id| world.publics.get(id), &proof), Ok(()));
    }
}

#[test]
fn a_holding_of_one_fragment_opens() {
    let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
    let entry = Fragment::new(&secret.public(), [9; 32], 5000, 0).unwrap().entry();
    let holding = Holding::from_entries([entry]).unwrap();
    let challenge = Challenge::new(audit(), &holding, Policy::AUDIT, SEED).unwrap();
    let bytes = holding.open(&challenge).unwrap().to_bytes();
    assert_eq!(bytes.len(), 8 + 36 + 44 + 8);
    assert_eq!(opened(&bytes, &challenge).unwrap().entries(), [entry]);
    assert_eq!(sectors(), Sectors::MIN);
}
