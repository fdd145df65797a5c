//! What provers gain by keeping less than they are paid for, alone or together: nothing, but for what the
//! scheme can't know, where the bytes lie.

use bls12_381::{G1Projective, Scalar};
use cess_podr2::{
    Audit, Challenge, Error, Holding, Policy, Proof, SecretKey, Tagged, prove,
    replica::{MaskKey, ReplicaKey},
    verify,
};

use crate::{
    equations::{affine, point},
    world::{BLOCK, SEED, Source, Stored, World, audit, bytes, sectors},
};

fn masked(key: &ReplicaKey, replica: u32, data: &[u8]) -> Vec<u8> {
    let (salt, root) = ([5; 32], *blake3::hash(data).as_bytes());
    let mask = match replica {
        0 => MaskKey::public(&salt),
        _ => key.mask_key(&salt, replica),
    };
    let mut masked = data.to_vec();
    mask.apply(0, &root, 0, &mut masked).unwrap();
    masked
}

/// Three replicas of one segment, each masked and tagged.
fn replicas(data: &[u8]) -> Vec<Stored> {
    let (secret, key) =
        (SecretKey::from_seed(&[7; 32], sectors()), ReplicaKey::from_bytes(&[8; 32]));
    let tag = |replica| {
        let data = masked(&key, replica, data);
        let tagged = secret.tag(replica, &data).unwrap();
        Stored { data, tagged }
    };
    (0..3).map(tag).collect()
}

/// Reduplication: k replicas take k times the bytes. Who holds one and is asked for all passes for that
/// one and fails for each other, whatever is tried with what is public: the bytes as they are, with the
/// other replica's tags, unmasked, and masked as everybody can.
#[test]
fn a_prover_that_holds_one_replica_fails_each_of_the_others() {
    let data = bytes(4 * BLOCK + 5, 1);
    let honest = replicas(&data);
    for held in 0..honest.len() {
        let public = MaskKey::public(&[5; 32]);
        let root = *blake3::hash(&data).as_bytes();
        let mut dressed = data.clone();
        public.apply(0, &root, 0, &mut dressed).unwrap();
        // Of replica 0 everybody can take the mask off and put it on again.
        let known = if held == 0 {
            vec![honest[0].data.clone(), data.clone(), dressed]
        } else {
            let mut undressed = honest[held].data.clone();
            public.apply(0, &root, 0, &mut undressed).unwrap();
            vec![honest[held].data.clone(), undressed]
        };
        for asked in 0..honest.len() {
            let mut world = World::new(&[]);
            world.extend(7, &[]);
            let Stored { data, tagged } = honest[asked].clone();
            world.insert(data, tagged);
            assert_eq!(world.verdict(|_| ()), Ok(()), "who holds it passes");
            for bytes in &known {
                let tags = [honest[asked].tagged.clone(), honest[held].tagged.clone()];
                for tagged in tags {
                    let verdict = world.verdict(|store| {
                        store[0].data.clone_from(bytes);
                        store[0].tagged = tagged;
                    });
                    let right = *bytes == honest[asked].data;
                    if asked != held || !right {
                        assert_eq!(verdict, Err(Error::Proof), "{held} for {asked}");
                    }
                }
            }
        }
    }
    // All of them asked at once, under one challenge: one that is missing spoils it.
    let mut world = World::new(&[]);
    world.extend(7, &[]);
    for Stored { data, tagged } in honest.clone() {
        world.insert(data, tagged);
    }
    assert_eq!(world.verdict(|_| ()), Ok(()));
    for at in 0..3 {
        let other = honest[0].data.clone();
        let verdict = world.verdict(|store| {
            let replica = store[at].tagged.fragment.replica();
            let from = if replica == 0 { &honest[1].data } else { &other };
            store[at].data.clone_from(from);
        });
        assert_eq!(verdict, Err(Error::Proof));
    }
}

/// Without data there are tags, both keys, and what follows from them by sums and multiples.
#[test]
fn refuses_a_forger_that_has_tags_but_no_data() {
    let world = World::new(&[3 * BLOCK, BLOCK]);
    let challenge = world.challenge(Policy::Every);
    let proof = world.prove(&challenge).to_bytes();
    let refused = |sigma: &[u8], psi: [u8; 48], y: [u8; 32]| {
        let forged = [sigma, &psi, &y].concat();
        let verdict = world.verify(&challenge, &Proof::from_bytes(&forged).unwrap());
        assert_eq!(verdict, Err(Error::Proof));
    };
    // The right sum of tags comes without the data.
    let sigma = &proof[..48];
    let key = world.provings.values().next().unwrap().to_bytes();
    let powers: Vec<G1Projective> =
        std::iter::once(G1Projective::generator()).chain(key.chunks(48).map(point)).collect();
    let scalar = |n: u64| Scalar::from(n).to_bytes();
    let tag = |at: u64| {
        let tags = &world.store.values().next().unwrap().tagged.tags;
        point(tags.get(at).unwrap())
    };
    let candidates = [
        G1Projective::identity(),
        powers[0],
        powers[1],
        powers.iter().sum(),
        -powers[62],
        tag(0),
        tag(0) - tag(1),
        point(sigma),
    ];
    for psi in candidates {
        for y in [[0; 32], scalar(1), scalar(u64::MAX), (-Scalar::one()).to_bytes()] {
            refused(sigma, affine(psi), y);
        }
    }
    // Nor with a sum of tags that the forger chooses.
    for (at, psi) in candidates.iter().enumerate().skip(1) {
        let other = affine(candidates[at % candidates.len()]);
        refused(&other, affine(*psi), scalar(at as u64));
    }
    let negated = affine(-point(sigma));
    refused(&negated, proof[48..96].try_into().unwrap(), proof[96..].try_into().unwrap());
}

/// Two provers, each with a holding, a challenge and data of its own.
fn two() -> [(World, Challenge); 2] {
    [(1, 4), (2, 6)].map(|(number, lens)| {
        let mut world = World::new(&[]);
        let secret = SecretKey::from_seed(&[7; 32], sectors());
        world.extend(7, &[]);
        for at in 0..lens {
            let data = bytes(BLOCK + at, number * 16 + u8::try_from(at).unwrap());
            let tagged: Tagged = secret.tag(0, &data).unwrap();
            world.insert(data, tagged);
        }
        let scope = Audit { prover: [number; 32], ..audit() };
        let challenge = Challenge::new(scope, &world.holding, Policy::Every, SEED).unwrap();
        (world, challenge)
    })
}

fn judged(world: &World, challenge: &Challenge, proof: &[u8]) -> Result<(), Error> {
    verify(challenge, &world.holding, |id| world.publics.get(id), &Proof::from_bytes(proof)?)
}

#[test]
fn colluding_provers_of_two_holdings_gain_nothing_by_their_proofs() {
    let [(one, ask_one), (two, ask_two)] = two();
    let proofs = [one.prove(&ask_one).to_bytes(), two.prove(&ask_two).to_bytes()];
    assert_eq!(judged(&one, &ask_one, &proofs[0]), Ok(()));
    assert_eq!(judged(&two, &ask_two, &proofs[1]), Ok(()));
    // The other's proof, parts of it, or both added up.
    assert_eq!(judged(&one, &ask_one, &proofs[1]), Err(Error::Proof));
    for cut in [48, 96] {
        let mixed = [&proofs[0][..cut], &proofs[1][cut..]].concat();
        assert_eq!(judged(&one, &ask_one, &mixed), Err(Error::Proof));
        let mixed = [&proofs[1][..cut], &proofs[0][cut..]].concat();
        assert_eq!(judged(&one, &ask_one, &mixed), Err(Error::Proof));
    }
    let added = |from: usize| {
        let [a, b] = [&proofs[0], &proofs[1]].map(|proof| point(&proof[from..from + 48]));
        affine(a + b)
    };
    let [y, z] = [&proofs[0], &proofs[1]].map(|proof| {
        Option::<Scalar>::from(Scalar::from_bytes(proof[96..].try_into().unwrap())).unwrap()
    });
    let sum = [&added(0)[..], &added(48), &(y + z).to_bytes()].concat();
    for (world, challenge) in [(&one, &ask_one), (&two, &ask_two)] {
        assert_eq!(judged(world, challenge, &sum), Err(Error::Proof));
    }
    // One that lost its data answers with the other's blocks, under its own tags.
    let spoiled = one.verdict(|store| {
        for (stored, other) in store.iter_mut().zip(two.store.values()) {
            stored.data.clone_from(&other.data);
        }
    });
    assert_eq!(spoiled, Err(Error::Proof));
    // Both fragments of a pair listed as held: the holding is another, and the ledger computes it.
    let both =
        Holding::from_entries(one.holding.iter().chain(two.holding.iter()).copied()).unwrap();
    let found =
        verify(&ask_one, &both, |id| one.publics.get(id), &Proof::from_bytes(&proofs[0]).unwrap());
    assert_eq!(found, Err(Error::WrongHolding));
}

/// The limit: a proof shows that its makers could compute on the blocks, together and wherever they lie.
#[test]
fn who_fetches_the_blocks_in_time_passes() {
    let [(one, ask), (two, _)] = two();
    let mut elsewhere = one.store.clone();
    elsewhere.extend(two.store.clone());
    let lookup = |id: &_| one.provings.get(id);
    let proof = prove(&ask, &one.holding, lookup, &mut Source(&mut elsewhere)).unwrap();
    assert_eq!(judged(&one, &ask, &proof.to_bytes()), Ok(()));
}
