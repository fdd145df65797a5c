//! Proofs of retrievability, beside the hash of the same bytes and a signature of the same curve.

use std::convert::Infallible;
use std::hint::black_box;

use blst::min_sig;
use cess_podr2::{
    Audit, BlockSource, Challenge, Entry, Holding, KeyId, Policy, Proof, ProvingKey, PublicKey,
    SecretKey, Sectors, TagCheck, Tagged, Tags, prove, verify, verify_batch,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const DATA_BYTES: usize = 8 << 20;
const SECTORS: [u32; 2] = [1024, 8192];
const BATCH: u8 = 20;

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    let mut data = vec![0; DATA_BYTES];
    ChaCha8Rng::from_seed([7; 32]).fill_bytes(&mut data);
    for sectors in SECTORS {
        let sectors = Sectors::new(sectors).expect("a power of two within the limits");
        Case::new(&data, sectors).run(emit);
    }
}

struct Case<'a> {
    data: &'a [u8],
    secret: SecretKey,
    public: PublicKey,
    proving: ProvingKey,
    tagged: Tagged,
    holding: Holding,
    params: String,
}

impl<'a> Case<'a> {
    fn new(data: &'a [u8], sectors: Sectors) -> Self {
        let secret = SecretKey::from_seed(&[7; 32], sectors);
        let tagged = secret.tag(0, data).expect("not empty");
        let holding = Holding::from_entries([tagged.fragment.entry()]).expect("one entry");
        Self {
            data,
            public: secret.public(),
            proving: secret.proving_key(),
            secret,
            params: format!("sectors={}/blocks={}", sectors.get(), tagged.fragment.blocks()),
            tagged,
            holding,
        }
    }

    fn run(&self, emit: &mut dyn FnMut(Figure)) {
        self.tag(emit);
        self.check_tags(emit);
        let proof = self.prove(emit);
        self.verify(&proof, emit);
        self.batch(emit);
    }

    fn tag(&self, emit: &mut dyn FnMut(Figure)) {
        let seconds = interleave([
            &mut || drop(black_box(self.secret.tag(0, black_box(self.data)))),
            &mut || {
                black_box(blake3::hash(black_box(self.data)));
            },
        ]);
        self.against_hash("tag", seconds, emit);
    }

    fn check_tags(&self, emit: &mut dyn FnMut(Figure)) {
        let seconds = interleave([
            &mut || {
                let items = [(self.tagged.fragment, &self.tagged.tags)];
                let mut check =
                    TagCheck::new(&self.public, &self.proving, &items).expect("one key");
                check.update(black_box(self.data)).expect("no longer than said");
                check.end_fragment().expect("as long as said");
                check.finish().expect("true tags");
            },
            &mut || {
                black_box(blake3::hash(black_box(self.data)));
            },
        ]);
        self.against_hash("check_tags", seconds, emit);
    }

    fn against_hash(&self, op: &str, seconds: [f64; 2], emit: &mut dyn FnMut(Figure)) {
        let unit = Unit::MegabytesPerSecond;
        let [ours, hash] = seconds.map(|seconds| unit.value(seconds, self.data.len()));
        emit(Figure::new(self.name(op), ours, unit).against("blake3", hash));
    }

    fn prove(&self, emit: &mut dyn FnMut(Figure)) -> Proof {
        let challenge = self.challenge(1);
        let seconds =
            interleave([&mut || drop(black_box(self.answer(black_box(&challenge)))), &mut || {
                black_box(blake3::hash(black_box(self.data)));
            }]);
        self.against_hash("prove", seconds, emit);
        let proof = self.answer(&challenge);
        let bytes = Unit::Bytes.value(0.0, proof.to_bytes().len());
        emit(Figure::new(self.name("proof"), bytes, Unit::Bytes));
        proof
    }

    /// The rival is one signature, verified: a hash to the curve and two pairings. Ours hashes once
    /// a block, and takes three.
    fn verify(&self, proof: &Proof, emit: &mut dyn FnMut(Figure)) {
        let challenge = self.challenge(1);
        let message = challenge.to_bytes();
        let secret = min_sig::SecretKey::key_gen(&[7; 32], &[]).expect("32 bytes of seed");
        let (public, tag) = (secret.sk_to_pk(), b"figures");
        let signature = secret.sign(&message, tag, &[]);
        let seconds = interleave([
            &mut || {
                verify(black_box(&challenge), &self.holding, |id| self.key(id), proof)
                    .expect("a true proof");
            },
            &mut || {
                let verdict = signature.verify(true, black_box(&message), tag, &[], &public, true);
                assert_eq!(verdict, blst::BLST_ERROR::BLST_SUCCESS);
            },
        ]);
        let [ours, theirs] = seconds.map(|seconds| Unit::Milliseconds.value(seconds, 0));
        let figure = Figure::new(self.name("verify"), ours, Unit::Milliseconds);
        emit(figure.against("blst-signature", theirs));
    }

    /// Time for each of a batch, beside the same proofs one by one.
    fn batch(&self, emit: &mut dyn FnMut(Figure)) {
        let challenges: Vec<Challenge> = (0..BATCH).map(|round| self.challenge(round)).collect();
        let proofs: Vec<Proof> = challenges.iter().map(|c| self.answer(c)).collect();
        let batch: Vec<(&Challenge, &Holding, &Proof)> =
            challenges.iter().zip(&proofs).map(|(c, p)| (c, &self.holding, p)).collect();
        let seconds = interleave([
            &mut || verify_batch(black_box(&batch), |id| self.key(id)).expect("true proofs"),
            &mut || {
                for (challenge, holding, proof) in black_box(&batch) {
                    verify(challenge, holding, |id| self.key(id), proof).expect("a true proof");
                }
            },
        ]);
        let unit = Unit::Milliseconds;
        let [ours, single] = seconds.map(|s| unit.value(s / f64::from(BATCH), 0));
        let name = self.name(&format!("verify_batch/proofs={BATCH}"));
        emit(Figure::new(name, ours, unit).against("one-by-one", single));
    }

    fn name(&self, op: &str) -> String {
        format!("{op}/{}", self.params)
    }

    fn challenge(&self, round: u8) -> Challenge {
        let audit =
            Audit { chain_id: [1; 32], round: u64::from(round), height: 1000, prover: [2; 32] };
        Challenge::new(audit, &self.holding, Policy::Every, [round; 32]).expect("blocks to ask for")
    }

    fn answer(&self, challenge: &Challenge) -> Proof {
        let lookup = |id: &KeyId| (*id == self.proving.key_id()).then_some(&self.proving);
        let mut source = Memory { data: self.data, tagged: &self.tagged };
        prove(challenge, &self.holding, lookup, &mut source).expect("everything is there")
    }

    fn key(&self, id: &KeyId) -> Option<&PublicKey> {
        (*id == self.public.key_id()).then_some(&self.public)
    }
}

struct Memory<'a> {
    data: &'a [u8],
    tagged: &'a Tagged,
}

impl BlockSource for Memory<'_> {
    type Error = Infallible;

    fn read_block(&mut self, _: &Entry, index: u64, block: &mut [u8]) -> Result<usize, Infallible> {
        let index = usize::try_from(index).expect("in memory");
        let found = self.data.chunks(block.len()).nth(index).expect("a block that there is");
        block[..found.len()].copy_from_slice(found);
        Ok(found.len())
    }

    fn tag(&mut self, _: &Entry, index: u64) -> Result<[u8; Tags::TAG_LEN], Infallible> {
        Ok(*self.tagged.tags.get(index).expect("a block that there is"))
    }
}
