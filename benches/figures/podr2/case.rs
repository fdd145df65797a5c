//! One fragment under each of some keys, in memory, and a prover over all of them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;

use cess_podr2::{
    Audit, BlindedProof, BlockSource, Challenge, Entry, FragmentName, Holding, KeyId, Policy,
    Proof, ProvingKey, PublicKey, SecretKey, Sectors, TagCheck, Tagged, Tags, prove, prove_blinded,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(super) fn random(bytes: usize) -> Vec<u8> {
    let mut data = vec![0; bytes];
    ChaCha8Rng::from_seed([7; 32]).fill_bytes(&mut data);
    data
}

pub(super) struct Case<'a> {
    data: &'a [u8],
    publics: Vec<PublicKey>,
    pub(super) provings: Vec<ProvingKey>,
    tagged: BTreeMap<FragmentName, Tagged>,
    pub(super) holding: Holding,
}

impl<'a> Case<'a> {
    pub(super) fn new(sectors: Sectors, seeds: &[u8], data: &'a [u8]) -> Self {
        let secrets: Vec<SecretKey> =
            seeds.iter().map(|seed| SecretKey::from_seed(&[*seed; 32], sectors)).collect();
        let tag = |secret: &SecretKey| {
            let tagged = secret.tag(0, data).expect("not empty");
            (tagged.name(), tagged)
        };
        let tagged: BTreeMap<FragmentName, Tagged> = secrets.iter().map(tag).collect();
        let entries = tagged.values().map(|tagged| tagged.fragment.entry());
        let holding = Holding::from_entries(entries).expect("different keys");
        Self {
            data,
            publics: secrets.iter().map(SecretKey::public).collect(),
            provings: secrets.iter().map(SecretKey::proving_key).collect(),
            tagged,
            holding,
        }
    }

    pub(super) fn public(&self, id: &KeyId) -> Option<&PublicKey> {
        self.publics.iter().find(|key| key.key_id() == *id)
    }

    pub(super) fn challenge(&self, round: u16) -> Challenge {
        let at = u64::from(round);
        let audit = Audit { chain_id: [1; 32], round: at, height: 1000 + at, prover: [2; 32] };
        let mut seed = [0; 32];
        seed[..2].copy_from_slice(&round.to_le_bytes());
        Challenge::new(audit, &self.holding, Policy::Every, seed).expect("blocks to ask for")
    }

    pub(super) fn answer(&self, challenge: &Challenge) -> Proof {
        let lookup = |id: &KeyId| self.provings.iter().find(|key| key.key_id() == *id);
        prove(challenge, &self.holding, lookup, &mut Memory(self)).expect("everything is there")
    }

    pub(super) fn answer_blinded(&self, challenge: &Challenge) -> BlindedProof {
        let lookup = |id: &KeyId| self.provings.iter().find(|key| key.key_id() == *id);
        let mut rng = ChaCha8Rng::from_seed([9; 32]);
        prove_blinded(challenge, &self.holding, lookup, &mut Memory(self), &mut rng)
            .expect("everything is there")
    }

    /// Checks the fragment under the first key so many times in one check.
    pub(super) fn check(&self, times: usize) {
        let key = &self.publics[0];
        let found = self.tagged.values().find(|t| t.fragment.key_id() == key.key_id());
        let tagged = found.expect("a fragment a key");
        let items = vec![(tagged.fragment, &tagged.tags); times];
        let mut check = TagCheck::new(key, &self.provings[0], &items).expect("one key");
        for _ in 0..times {
            check.update(black_box(self.data)).expect("no longer than said");
            check.end_fragment().expect("as long as said");
        }
        check.finish().expect("true tags");
    }
}

struct Memory<'a>(&'a Case<'a>);

impl BlockSource for Memory<'_> {
    type Error = Infallible;

    fn read_block(&mut self, _: &Entry, index: u64, block: &mut [u8]) -> Result<usize, Infallible> {
        let index = usize::try_from(index).expect("in memory");
        let found = self.0.data.chunks(block.len()).nth(index).expect("a block that there is");
        block[..found.len()].copy_from_slice(found);
        Ok(found.len())
    }

    fn tag(&mut self, entry: &Entry, index: u64) -> Result<[u8; Tags::TAG_LEN], Infallible> {
        Ok(*self.0.tagged[&entry.name()].tags.get(index).expect("a block that there is"))
    }
}
