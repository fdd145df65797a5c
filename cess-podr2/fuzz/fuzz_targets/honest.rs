//! What the targets of proofs share: a prover with a small holding, and edits of bytes.

use std::sync::OnceLock;

use cess_podr2::{
    Audit, BlindedProof, Challenge, Holding, KeyId, Policy, Proof, Proving, ProvingKey, PublicKey,
    SecretKey, Sectors, Tagged,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

pub struct Honest {
    pub public: PublicKey,
    proving: ProvingKey,
    data: Vec<u8>,
    tagged: Tagged,
    pub holding: Holding,
    pub challenge: Challenge,
}

impl Honest {
    pub fn get() -> &'static Self {
        static HONEST: OnceLock<Honest> = OnceLock::new();
        HONEST.get_or_init(|| {
            let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
            let data = vec![42; 5000];
            let tagged = secret.tag(0, &data).expect("not empty");
            let holding = Holding::from_entries([tagged.fragment.entry()]).expect("one");
            let challenge = challenge(&holding, 1);
            let (public, proving) = (secret.public(), secret.proving_key());
            Self { public, proving, data, tagged, holding, challenge }
        })
    }

    pub fn lookup<'a>(&'a self) -> impl Fn(&KeyId) -> Option<&'a PublicKey> {
        |id| (*id == self.public.key_id()).then_some(&self.public)
    }

    fn proving(&self, challenge: &Challenge) -> Proving<'_> {
        let lookup = |id: &KeyId| (*id == self.proving.key_id()).then_some(&self.proving);
        let mut proving = Proving::new(challenge, &self.holding, lookup).expect("its key");
        while let Some(sample) = proving.sample() {
            let at = usize::try_from(sample.block).expect("few");
            let block = self.data.chunks(Sectors::MIN.block_bytes()).nth(at).expect("in range");
            let tag = self.tagged.tags.get(sample.block).expect("one each");
            proving.absorb(block, tag).expect("a tag");
        }
        proving
    }

    pub fn prove(&self, challenge: &Challenge) -> Proof {
        self.proving(challenge).finish().expect("all answered")
    }

    pub fn prove_blinded(&self) -> BlindedProof {
        let mut rng = ChaCha8Rng::from_seed([1; 32]);
        self.proving(&self.challenge).finish_blinded(&mut rng).expect("all answered")
    }
}

pub fn challenge(holding: &Holding, round: u8) -> Challenge {
    let (at, prover) = (u64::from(round), [3; 32]);
    let audit = Audit { chain_id: [1; 32], round: at, height: 10 * at, prover };
    Challenge::new(audit, holding, Policy::Every, [round; 32]).expect("one")
}

/// Each three bytes: where, and what is put, taken off or changed there.
pub fn edit(bytes: &mut Vec<u8>, edits: &[u8]) {
    for edit in edits.chunks_exact(3) {
        match usize::from(u16::from_le_bytes([edit[0], edit[1]])) {
            at if at < bytes.len() => bytes[at] ^= edit[2],
            at if at % 2 == 0 => bytes.push(edit[2]),
            _ => drop(bytes.pop()),
        }
    }
}
