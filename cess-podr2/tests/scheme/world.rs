//! Keys, fragments and a prover that keeps everything in memory.

use std::collections::BTreeMap;

use cess_podr2::{
    Audit, BlockSource, Challenge, Entry, Error, FragmentName, Holding, KeyId, Policy, Proof,
    ProvingKey, PublicKey, SecretKey, Sectors, Tagged, prove, verify,
};

pub(crate) fn sectors() -> Sectors {
    Sectors::new(64).unwrap()
}

/// Bytes of a block.
pub(crate) const BLOCK: usize = 64 * 31;

pub(crate) fn bytes(len: usize, seed: u8) -> Vec<u8> {
    let mut out = vec![0; len];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[seed]);
    hasher.finalize_xof().fill(&mut out);
    out
}

pub(crate) fn audit() -> Audit {
    Audit { chain_id: [1; 32], round: 9, height: 1000, prover: [2; 32] }
}

pub(crate) const SEED: [u8; 32] = [3; 32];

#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) data: Vec<u8>,
    pub(crate) tagged: Tagged,
}

#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) publics: BTreeMap<KeyId, PublicKey>,
    pub(crate) provings: BTreeMap<KeyId, ProvingKey>,
    pub(crate) store: BTreeMap<FragmentName, Stored>,
    pub(crate) holding: Holding,
}

impl World {
    /// One fragment of each length under the key of a seed.
    pub(crate) fn new(lens: &[usize]) -> Self {
        let mut world = Self::default();
        world.extend(7, lens);
        world
    }

    pub(crate) fn extend(&mut self, seed: u8, lens: &[usize]) {
        let secret = SecretKey::from_seed(&[seed; 32], sectors());
        self.publics.insert(secret.public().key_id(), secret.public());
        self.provings.insert(secret.public().key_id(), secret.proving_key());
        for (at, len) in (0..).zip(lens) {
            let data = bytes(*len, seed ^ at);
            let tagged = secret.tag(0, &data).unwrap();
            self.insert(data, tagged);
        }
    }

    pub(crate) fn insert(&mut self, data: Vec<u8>, tagged: Tagged) {
        self.holding.add(tagged.fragment.entry()).unwrap();
        self.store.insert(tagged.name(), Stored { data, tagged });
    }

    pub(crate) fn challenge(&self, policy: Policy) -> Challenge {
        Challenge::new(audit(), &self.holding, policy, SEED).unwrap()
    }

    pub(crate) fn prove(&self, challenge: &Challenge) -> Proof {
        let mut store = self.store.clone();
        prove(challenge, &self.holding, |id| self.provings.get(id), &mut Source(&mut store))
            .unwrap()
    }

    pub(crate) fn verify(&self, challenge: &Challenge, proof: &Proof) -> Result<(), Error> {
        verify(challenge, &self.holding, |id| self.publics.get(id), proof)
    }

    /// Proves and verifies with what `spoil` makes of the store.
    pub(crate) fn verdict(&self, spoil: impl FnOnce(&mut Vec<&mut Stored>)) -> Result<(), Error> {
        let mut spoiled = self.clone();
        spoil(&mut spoiled.store.values_mut().collect());
        let challenge = self.challenge(Policy::Every);
        let proof = spoiled.prove(&challenge);
        let proof = Proof::from_bytes(&proof.to_bytes())?;
        self.verify(&challenge, &proof)
    }
}

pub(crate) struct Source<'a>(pub(crate) &'a mut BTreeMap<FragmentName, Stored>);

impl BlockSource for Source<'_> {
    type Error = &'static str;

    fn read_block(
        &mut self,
        entry: &Entry,
        index: u64,
        block: &mut [u8],
    ) -> Result<usize, Self::Error> {
        let stored = self.0.get(&entry.name()).ok_or("no such fragment")?;
        let index = usize::try_from(index).unwrap();
        let bytes = stored.data.chunks(block.len()).nth(index).ok_or("no such block")?;
        block[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn tag(&mut self, entry: &Entry, index: u64) -> Result<[u8; 48], Self::Error> {
        let stored = self.0.get(&entry.name()).ok_or("no such fragment")?;
        stored.tagged.tags.get(index).copied().ok_or("no such tag")
    }
}
