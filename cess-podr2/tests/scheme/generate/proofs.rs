//! Proofs that hold, and what the cases of forged ones and of batches share.

use super::{BLOCK, DEFAULT, SEEDS, check, forged, write_fragment};
use crate::draws::Challenge;
use crate::equations::{self, Answer, Id, Key, Public, Refusal, Stored};
use crate::vectors::{Claim, Data, Hex, ProofFail, ProofPass, Proofs, StoredData};

/// Fragments with what is stored of them, and the verifier's keys.
pub(super) struct World {
    pub(super) data: Vec<(usize, u32, Data)>,
    pub(super) stored: Vec<Stored>,
}

impl World {
    /// Each with the place of its key's seed, the number of sectors, and its data.
    pub(super) fn new(parts: &[(usize, u32, Data)]) -> Self {
        let stored = (0..)
            .zip(parts)
            .map(|(at, (seed, s, data))| Key::from_seed(&SEEDS[*seed], *s).store(data.bytes(), at))
            .collect();
        Self { data: parts.to_vec(), stored }
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for (seed, s, _) in &self.data {
            let key = Key::from_seed(&SEEDS[*seed], *s);
            if keys.iter().all(|known| known.id() != key.id()) {
                keys.push(key);
            }
        }
        keys
    }

    pub(super) fn holding(&self) -> Vec<equations::Fragment> {
        self.stored.iter().map(|stored| stored.fragment).collect()
    }

    pub(super) fn challenge(&self, window: Option<(u32, u32)>, seed: u8) -> Challenge {
        Challenge::new(&self.holding(), window, [seed; 32])
    }

    pub(super) fn answers(&self, challenge: &Challenge) -> Vec<Answer> {
        challenge.answers(&self.stored, finder(&self.keys()))
    }

    pub(super) fn prove(&self, challenge: &Challenge) -> Vec<u8> {
        challenge.prove(&self.stored, finder(&self.keys()))
    }

    /// The proof of a prover who kept the tags, and of the data what `spoil` leaves.
    pub(super) fn spoiled(
        &self,
        challenge: &Challenge,
        spoil: impl FnOnce(&mut Vec<Stored>),
    ) -> Vec<u8> {
        let mut stored = self.stored.clone();
        spoil(&mut stored);
        challenge.prove(&stored, finder(&self.keys()))
    }
}

pub(super) fn finder(keys: &[Key]) -> impl Fn(&Id) -> Key + '_ {
    |id| *keys.iter().find(|key| key.id() == *id).unwrap()
}

pub(super) fn public_keys(keys: &[Key]) -> Vec<Hex> {
    keys.iter().map(|key| key.public_bytes().into()).collect()
}

pub(super) fn judged(
    challenge: &[u8],
    holding: &[equations::Fragment],
    keys: &[Key],
    proof: &[u8],
) -> Result<(), Refusal> {
    let publics: Vec<Public> =
        keys.iter().map(|key| Public::decode(&key.public_bytes()).unwrap()).collect();
    let challenge = Challenge::decode(challenge)?;
    equations::decode_proof(proof)?;
    if (1..holding.len()).any(|at| holding[..at].contains(&holding[at])) {
        return Err("duplicate");
    }
    challenge.verify(holding, &publics, proof)
}

pub(super) fn claim(holding: &[equations::Fragment], challenge: &[u8], proof: &[u8]) -> Claim {
    let holding = holding.iter().map(write_fragment).collect();
    Claim { holding, challenge: challenge.into(), proof: proof.into() }
}

pub(super) fn one_key() -> World {
    let stream = |of, len| (0, 64, Data::Stream { of, len });
    World::new(&[stream(1, 3 * BLOCK + 7), stream(2, 2 * BLOCK), stream(3, 900)])
}

pub(super) fn three_keys() -> World {
    let stream = |seed, of, len| (seed, 64, Data::Stream { of, len });
    World::new(&[stream(0, 1, 3000), stream(1, 2, 2 * BLOCK), stream(2, 3, 900), stream(1, 4, 31)])
}

#[test]
fn the_reference_makes_the_proofs() {
    let mut cases = Proofs { pass: Vec::new(), fail: Vec::new() };
    passing(&mut cases);
    let mut sink = Sink(&mut cases);
    forged::without_the_data(&mut sink);
    forged::other_statements(&mut sink);
    forged::malformed_proofs(&mut sink);
    forged::several_keys(&mut sink);
    check("proofs.json", &cases);
}

fn passing(cases: &mut Proofs) {
    let mut pass = |why: &str, world: &World, window, seed| {
        let challenge = world.challenge(window, seed);
        let (bytes, proof) = (challenge.encode(), world.prove(&challenge));
        assert_eq!(judged(&bytes, &world.holding(), &world.keys(), &proof), Ok(()), "{why}");
        let stored = world.data.iter().zip(&world.stored).map(|((seed, _, data), stored)| {
            let fragment = write_fragment(&stored.fragment);
            StoredData { seed: SEEDS[*seed].into(), data: *data, fragment }
        });
        cases.pass.push(ProofPass {
            why: why.into(),
            public_keys: public_keys(&world.keys()),
            stored: stored.collect(),
            challenge: bytes.into(),
            proof: proof.into(),
        });
    };
    let stream = |of, len| Data::Stream { of, len };
    let (one, three) = (one_key(), three_keys());
    pass("one byte", &World::new(&[(0, 64, stream(1, 1))]), None, 1);
    pass("one sector: psi is the identity", &World::new(&[(0, 64, stream(1, 31))]), None, 1);
    pass("one full block", &World::new(&[(0, 64, stream(1, BLOCK))]), None, 1);
    let zeros = World::new(&[(0, 64, Data::Fill { with: 0, len: 2 * BLOCK })]);
    pass("zeros: psi and y are zero", &zeros, None, 1);
    let ones = World::new(&[(0, 64, Data::Fill { with: 0xff, len: 2 * BLOCK })]);
    pass("the largest sectors", &ones, None, 1);
    pass("one key, every block", &one, None, 1);
    pass("one key, another seed", &one, None, 2);
    pass("one key, a window", &one, Some((2, 2)), 3);
    pass("three keys, every block", &three, None, 1);
    pass("three keys, a window", &three, Some((2, 3)), 4);
    pass("three keys, a window that hits one", &three, Some((4, 5)), 2);
    let large = [stream(5, 31 * 8192 + 100_000), Data::Fill { with: 0xff, len: 31 * 8192 }];
    pass("8192 sectors", &World::new(&large.map(|data| (0, DEFAULT, data))), None, 1);
    let mixed = [(0, DEFAULT, large[0]), (0, 64, stream(1, 3000)), (1, 64, stream(2, 900))];
    pass("keys of 8192 and 64 sectors", &World::new(&mixed), None, 1);
}

/// Takes in cases that the reference refuses.
pub(super) struct Sink<'a>(&'a mut Proofs);

impl Sink<'_> {
    pub(super) fn add(
        &mut self,
        why: &str,
        (keys, holding, challenge): (&[Key], &[equations::Fragment], &[u8]),
        proof: &[u8],
        refused: Refusal,
    ) {
        assert_eq!(judged(challenge, holding, keys, proof), Err(refused), "{why}");
        self.0.fail.push(ProofFail {
            why: why.into(),
            public_keys: public_keys(keys),
            claim: claim(holding, challenge, proof),
            refused: refused.into(),
        });
    }
}
