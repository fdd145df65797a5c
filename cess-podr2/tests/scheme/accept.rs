use cess_podr2::{Error, Holding, Policy, Proof, ProveError, Proving, prove, verify_batch};

use crate::world::{BLOCK, Source, World, bytes, sectors};

#[test]
fn proofs_hold_at_every_shape() {
    for lens in [
        &[1][..],
        &[30],
        &[31],
        &[32],
        &[BLOCK - 1],
        &[BLOCK],
        &[BLOCK + 1],
        &[5 * BLOCK + 17],
        &[1, 31, BLOCK, 3 * BLOCK + 5],
    ] {
        let world = World::new(lens);
        let challenge = world.challenge(Policy::Every);
        let proof = world.prove(&challenge);
        let encoded = proof.to_bytes();
        assert_eq!(encoded.len(), 128);
        assert_eq!(Proof::from_bytes(&encoded).unwrap(), proof);
        assert_eq!(world.verify(&challenge, &proof), Ok(()), "{lens:?}");
    }
}

#[test]
fn proofs_hold_for_zero_data_and_one_sector() {
    let secret = cess_podr2::SecretKey::from_seed(&[7; 32], sectors());
    for data in [vec![0; 1], vec![0; 2 * BLOCK], vec![9; 31], vec![0xff; BLOCK]] {
        let mut world = World::new(&[]);
        let tagged = secret.tag(0, &data).unwrap();
        world.insert(data, tagged);
        let challenge = world.challenge(Policy::Every);
        assert_eq!(world.verify(&challenge, &world.prove(&challenge)), Ok(()));
    }
}

#[test]
fn proofs_grow_by_80_bytes_a_key() {
    let mut world = World::new(&[BLOCK, 2 * BLOCK + 1]);
    for (seed, len) in [(8, 1), (9, 3 * BLOCK)] {
        world.extend(seed, &[len]);
        let challenge = world.challenge(Policy::Every);
        let proof = world.prove(&challenge);
        assert_eq!(proof.to_bytes().len(), 48 + 80 * world.publics.len());
        assert_eq!(proof.keys(), world.publics.len());
        assert_eq!(world.verify(&challenge, &proof), Ok(()));
    }
}

#[test]
fn windows_hold_for_every_seed() {
    let lens: Vec<usize> = (1..=30).map(|i| i * 700).collect();
    let mut world = World::new(&lens);
    world.extend(8, &[5 * BLOCK, 9 * BLOCK]);
    let policy = Policy::Window { windows: 4.try_into().unwrap(), samples: 40.try_into().unwrap() };
    for seed in 0..4 {
        let challenge =
            cess_podr2::Challenge::new(crate::world::audit(), &world.holding, policy, [seed; 32])
                .unwrap();
        assert_eq!(world.verify(&challenge, &world.prove(&challenge)), Ok(()));
    }
}

#[test]
fn narrowed_holdings_are_challenged_alone() {
    let world = World::new(&[100, 5000, 9000, 12345]);
    for range in [0..1, 1..3, 2..4] {
        let part = world.holding.iter().skip(range.start).take(range.len()).copied();
        let narrowed = World { holding: Holding::from_entries(part).unwrap(), ..world.clone() };
        let challenge = narrowed.challenge(Policy::Every);
        let proof = narrowed.prove(&challenge);
        assert_eq!(narrowed.verify(&challenge, &proof), Ok(()));
        assert_eq!(world.verify(&challenge, &proof), Err(Error::WrongHolding));
    }
}

#[test]
fn fragments_may_be_listed_in_any_order() {
    let world = World::new(&[100, 5000, 9000, 12345]);
    let mut entries: Vec<_> = world.holding.iter().copied().collect();
    entries.reverse();
    let mut reversed = Holding::new();
    for entry in &entries {
        reversed.add(*entry).unwrap();
    }
    assert_eq!(reversed.root(), world.holding.root());
    assert_eq!(Holding::from_entries(entries).unwrap().root(), world.holding.root());
}

#[test]
fn push_and_pull_give_the_same_proof() {
    let world = World::new(&[5000, 9000]);
    let challenge = world.challenge(Policy::Every);
    let mut proving =
        Proving::new(&challenge, &world.holding, |id| world.provings.get(id)).unwrap();
    let mut count = 0;
    while let Some(sample) = proving.sample() {
        assert_eq!(proving.sample(), Some(sample));
        assert_eq!(proving.block_bytes(), Some(BLOCK));
        let stored = &world.store[&sample.entry.name()];
        let index = usize::try_from(sample.block).unwrap();
        let block = stored.data.chunks(BLOCK).nth(index).unwrap();
        // A block padded by hand is the same block.
        let mut padded = [0; BLOCK];
        padded[..block.len()].copy_from_slice(block);
        proving.absorb(&padded, stored.tagged.tags.get(sample.block).unwrap()).unwrap();
        count += 1;
    }
    assert_eq!(count, world.holding.total_blocks());
    assert_eq!(proving.finish().unwrap(), world.prove(&challenge));
}

#[test]
fn proving_refuses_what_does_not_fit() {
    let world = World::new(&[5000]);
    let challenge = world.challenge(Policy::Every);
    let id = *world.publics.keys().next().unwrap();
    let unknown = Proving::new(&challenge, &world.holding, |_| None);
    assert_eq!(unknown.unwrap_err(), Error::UnknownKey { key: id });
    let mut other = World::new(&[]);
    other.extend(8, &[]);
    let wrong = other.provings.values().find(|key| key.key_id() != id).unwrap();
    let mismatch = Proving::new(&challenge, &world.holding, |_| Some(wrong));
    assert_eq!(mismatch.unwrap_err(), Error::KeyMismatch { expected: id, got: wrong.key_id() });

    let new = || Proving::new(&challenge, &world.holding, |id| world.provings.get(id)).unwrap();
    assert_eq!(new().finish(), Err(Error::Samples { expected: 3, got: 0 }));
    let mut proving = new();
    let tag = *world.store.values().next().unwrap().tagged.tags.get(0).unwrap();
    let long = proving.absorb(&[0; BLOCK + 1], &tag);
    assert_eq!(long, Err(Error::BlockLength { max: BLOCK, got: BLOCK + 1 }));
    let what = cess_podr2::What::Tag;
    for _ in 0..3 {
        proving.absorb(&[0; 31], &tag).unwrap();
    }
    assert_eq!(proving.sample(), None);
    assert_eq!(proving.absorb(&[], &tag), Err(Error::Samples { expected: 3, got: 3 }));

    let mut infinity = [0; 48];
    infinity[0] = 0xc0;
    for (bad, index, expected) in [
        ([0; 48], 0, Error::Point { what, index: 0 }),
        ([0; 48], 2, Error::Point { what, index: 2 }),
        (infinity, 1, Error::Identity { what, index: 1 }),
    ] {
        let mut proving = new();
        for at in 0..3 {
            proving.absorb(&[0; 31], if at == index { &bad } else { &tag }).unwrap();
        }
        assert_eq!(proving.finish(), Err(expected));
    }
}

#[test]
fn errors_of_the_source_come_back() {
    let world = World::new(&[5000]);
    let challenge = world.challenge(Policy::Every);
    let mut nothing = Default::default();
    let proof =
        prove(&challenge, &world.holding, |id| world.provings.get(id), &mut Source(&mut nothing));
    assert_eq!(proof, Err(ProveError::Source("no such fragment")));
}

#[test]
fn batches_hold_with_one_key_and_with_several() {
    let one = World::new(&[5000, 100]);
    let mut two = World::new(&[9000]);
    two.extend(8, &[4000]);
    let (a, b) = (one.challenge(Policy::Every), two.challenge(Policy::Every));
    let (p, q) = (one.prove(&a), two.prove(&b));
    let batch = [(&a, &one.holding, &p), (&b, &two.holding, &q), (&a, &one.holding, &p)];
    assert_eq!(verify_batch(&batch, |id| two.publics.get(id)), Ok(()));
    assert_eq!(verify_batch::<Holding>(&[], |id| two.publics.get(id)), Ok(()));
}

#[test]
fn batches_name_every_bad_proof() {
    let world = World::new(&[5000]);
    let challenge = world.challenge(Policy::Every);
    let good = world.prove(&challenge);
    let other = World::new(&[bytes(6000, 1).len()]);
    let bad = other.prove(&other.challenge(Policy::Every));
    let (mut two, foreign) = (World::new(&[100]), World::new(&[100, 50]));
    two.extend(8, &[100]);
    let joint = two.prove(&two.challenge(Policy::Every));

    for bits in 0_u32..64 {
        let batch: Vec<_> = (0..6)
            .map(|i| {
                let proof = if bits >> i & 1 == 1 { &bad } else { &good };
                (&challenge, &world.holding, proof)
            })
            .collect();
        let rejected: Vec<_> =
            (0..6).filter(|i| bits >> i & 1 == 1).map(|i| (i, Error::Proof)).collect();
        let expected = if bits == 0 { Ok(()) } else { Err(Error::Batch { rejected }) };
        assert_eq!(verify_batch(&batch, |id| world.publics.get(id)), expected);
    }
    let batch = [
        (&challenge, &foreign.holding, &good),
        (&challenge, &world.holding, &good),
        (&challenge, &world.holding, &joint),
        (&challenge, &world.holding, &bad),
    ];
    let rejected = vec![
        (0, Error::WrongHolding),
        (2, Error::KeyCount { expected: 1, got: 2 }),
        (3, Error::Proof),
    ];
    let verdict = verify_batch(&batch, |id| world.publics.get(id));
    assert_eq!(verdict, Err(Error::Batch { rejected }));
}

#[test]
fn everything_moves_between_threads() {
    fn sendable<T: Send + Sync>() {}
    sendable::<cess_podr2::SecretKey>();
    sendable::<cess_podr2::Tagger<'static>>();
    sendable::<cess_podr2::TagCheck<'static>>();
    sendable::<Proving<'static>>();
    sendable::<Proof>();
    sendable::<Holding>();
    sendable::<Error>();
}
