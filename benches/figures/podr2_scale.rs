//! What a proof costs as the data grows, and what keeping a large holding costs.
//!
//! The fragments are listed and not stored: each has a length and a made-up content root. Blocks that
//! a challenge asks for are made when it does, and tagged with the key's own secret by the equation
//! of docs/formats/podr2.md, so that prover and verifier do what they do for stored data and every
//! proof holds.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Instant;

use bls12_381::Scalar;
use blst::{min_pk, min_sig};
use cess_podr2::{
    Audit, BlockSource, Challenge, Drawn, Entry, Fragment, FragmentName, Holding, Opening, Policy,
    Proof, ProvingKey, PublicKey, SecretKey, Sectors, prove, verify,
};

use crate::chart::{Chart, Line};
use crate::figure::{Figure, Unit};
use crate::measure::interleave;

const SEED: [u8; 32] = [7; 32];
/// What notices the loss of 1 % of all blocks with probability 0.99.
const SAMPLES: u32 = 459;
/// The largest list: 16 TiB in fragments of 8 MiB. More data comes in longer fragments.
const MOST_FRAGMENTS: u64 = 1 << 21;
const SIZES: [(&str, u64); 5] = [
    ("1GiB", 1 << 30),
    ("32GiB", 32 << 30),
    ("1TiB", 1 << 40),
    ("16TiB", 16 << 40),
    ("100PB", 100_000_000_000_000_000),
];
/// The audit policy asks a share of the holding, so its work grows with it; up to here it is done.
const LARGEST_WINDOW: u64 = 16 << 40;
/// Where the chart goes, from this package's folder.
const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures/podr2-growth.svg");

pub(crate) fn run(emit: &mut dyn FnMut(Figure)) {
    large_holding(emit);
    let forge = Forge::new();
    let names = ["prove, 459 blocks", "verify, 459 blocks", "prove, a window", "verify, a window"];
    let mut lines = names.map(|name| Line { name, points: Vec::new() });
    for (size, bytes) in SIZES {
        let index = Index::new(&forge, bytes);
        let windows = index.holding.len().div_ceil(SAMPLES as usize).max(1);
        let constant = policy(u32::try_from(windows).expect("few fragments"));
        let name = |op: &str| format!("{op}/data={size}/fragments={}", index.holding.len());
        let [proven, verified] = index.measure(&forge, constant, &|op| name(op), emit);
        lines[0].points.push((bytes, proven));
        lines[1].points.push((bytes, verified));
        if bytes <= LARGEST_WINDOW {
            let [proven, verified] = index.window(&forge, &|op| name(op), emit);
            lines[2].points.push((bytes, proven));
            lines[3].points.push((bytes, verified));
        }
    }
    let labels = SIZES.map(|(label, bytes)| (bytes, label));
    let chart = Chart {
        title: "Proof of retrievability over a holding, one thread: 128 bytes at every size",
        unit: "ms",
        across: &labels,
        lines: &lines,
    };
    if let Err(error) = chart.write(CHART.as_ref()) {
        println!("# no chart: {error}");
    }
}

fn policy(windows: u32) -> Policy {
    let number = |value: u32| value.try_into().expect("not zero");
    Policy::Window { windows: number(windows), samples: number(SAMPLES) }
}

/// A million fragments under a thousand keys.
fn large_holding(emit: &mut dyn FnMut(Figure)) {
    const KEYS: u64 = 1000;
    let keys: Vec<_> =
        (0..KEYS).map(|key| blake3::hash(&key.to_le_bytes()).into()).map(key_id).collect();
    for len in [10_000_u64, 1_000_000] {
        let entries: Vec<Entry> = (0..len + 1)
            .zip(keys.iter().cycle())
            .map(|(at, key)| listed(*key, at, 8 << 20))
            .collect();
        let (spare, entries) = entries.split_last().expect("one more");
        let name = |op: &str| format!("holding_{op}/fragments={len}/keys={KEYS}");
        let milliseconds = |seconds: f64| seconds * 1e3;
        let started = Instant::now();
        let mut holding = Holding::from_entries(entries.iter().copied()).expect("distinct");
        let built = milliseconds(started.elapsed().as_secs_f64());
        emit(Figure::new(name("build"), built, Unit::Milliseconds));

        let total = holding.total_blocks();
        let challenge = challenge(&holding, Policy::AUDIT);
        let opening = holding.open(&challenge).expect("its own challenge").to_bytes();
        let mut at = 0_u64;
        let edited = interleave([&mut || {
            holding.add(*spare).expect("not in it");
            holding.remove(spare).expect("in it");
        }]);
        let seconds = interleave([
            &mut || {
                at = at.wrapping_add(0x9e37_79b9_7f4a_7c15);
                black_box(holding.locate(at % total));
            },
            &mut || drop(black_box(holding.draw(&challenge))),
            &mut || drop(black_box(holding.open(&challenge))),
            &mut || drop(black_box(opened(&opening, &challenge))),
        ]);
        let ops = ["add_remove", "locate", "draw_window", "open_window", "check_window"];
        for (op, seconds) in ops.iter().zip(edited.into_iter().chain(seconds)) {
            emit(Figure::new(name(op), milliseconds(seconds), Unit::Milliseconds));
        }
        let bytes = Unit::Bytes.value(0.0, opening.len());
        emit(Figure::new(name("opening"), bytes, Unit::Bytes));
    }
}

fn key_id(bytes: [u8; 32]) -> cess_podr2::KeyId {
    cess_podr2::KeyId::from_bytes(bytes)
}

fn listed(key: cess_podr2::KeyId, at: u64, len: u64) -> Entry {
    let root = blake3::hash(&at.to_le_bytes()).into();
    Fragment::from_parts(key, Sectors::DEFAULT, root, len, 0).expect("not empty").entry()
}

fn opened(bytes: &[u8], challenge: &Challenge) -> Drawn {
    let opening = Opening::from_bytes(bytes).expect("an opening");
    opening.check(challenge).expect("of this holding")
}

fn challenge(holding: &Holding, policy: Policy) -> Challenge {
    let audit = Audit { chain_id: [1; 32], round: 9, height: 1000, prover: [2; 32] };
    Challenge::new(audit, holding, policy, SEED).expect("not empty")
}

/// Fragments of 33 full blocks, or of as many more as make the list short enough.
struct Index {
    holding: Holding,
}

impl Index {
    fn new(forge: &Forge, bytes: u64) -> Self {
        let block = Sectors::DEFAULT.block_bytes() as u64;
        let blocks = ((8_u64 << 20) / block).max(bytes.div_ceil(MOST_FRAGMENTS).div_ceil(block));
        let len = blocks * block;
        let entries = (0..bytes.div_ceil(len)).map(|at| listed(forge.public.key_id(), at, len));
        Self { holding: Holding::from_entries(entries).expect("distinct") }
    }

    /// Milliseconds of proving and of verifying from root and opening.
    fn measure(
        &self,
        forge: &Forge,
        policy: Policy,
        name: &dyn Fn(&str) -> String,
        emit: &mut dyn FnMut(Figure),
    ) -> [f64; 2] {
        let challenge = challenge(&self.holding, policy);
        let opening = self.holding.open(&challenge).expect("its own").to_bytes();
        let drawn = opened(&opening, &challenge);
        let mut stock = forge.stock(&challenge, &drawn);
        let proof = answer(forge, &challenge, &drawn, &mut stock);
        let seconds = interleave([
            &mut || drop(black_box(answer(forge, &challenge, &drawn, &mut stock))),
            &mut || judge(forge, &challenge, &opened(&opening, &challenge), &proof),
            &mut || judge(forge, &challenge, &self.holding, &proof),
        ]);
        let [proven, light, list] = seconds.map(|seconds| seconds * 1e3);
        let milliseconds = Unit::Milliseconds;
        emit(Figure::new(name("prove"), proven, milliseconds));
        emit(Figure::new(name("verify_light"), light, milliseconds).against("list", list));
        for (op, len) in [("proof", proof.len()), ("opening", opening.len())] {
            emit(Figure::new(name(op), Unit::Bytes.value(0.0, len), Unit::Bytes));
        }
        [proven, light]
    }

    /// The same for one window of the audit policy, once.
    fn window(
        &self,
        forge: &Forge,
        name: &dyn Fn(&str) -> String,
        emit: &mut dyn FnMut(Figure),
    ) -> [f64; 2] {
        let challenge = challenge(&self.holding, Policy::AUDIT);
        let opening = self.holding.open(&challenge).expect("its own").to_bytes();
        let drawn = opened(&opening, &challenge);
        let mut stock = forge.stock(&challenge, &drawn);
        let started = Instant::now();
        let proof = answer(forge, &challenge, &drawn, &mut stock);
        let proven = started.elapsed().as_secs_f64() * 1e3;
        let started = Instant::now();
        judge(forge, &challenge, &opened(&opening, &challenge), &proof);
        let verified = started.elapsed().as_secs_f64() * 1e3;
        let samples = stock.tags.len();
        let name = |op: &str| format!("{}/samples={samples}", name(op));
        emit(Figure::new(name("window_prove"), proven, Unit::Milliseconds));
        emit(Figure::new(name("window_verify_light"), verified, Unit::Milliseconds));
        let bytes = Unit::Bytes.value(0.0, opening.len());
        emit(Figure::new(name("window_opening"), bytes, Unit::Bytes));
        [proven, verified]
    }
}

fn answer(forge: &Forge, challenge: &Challenge, drawn: &Drawn, stock: &mut Stock<'_>) -> Vec<u8> {
    prove(challenge, drawn, |_| Some(&forge.proving), stock).expect("true tags").to_bytes()
}

fn judge(
    forge: &Forge,
    challenge: &Challenge,
    fragments: &impl cess_podr2::Fragments,
    proof: &[u8],
) {
    let proof = Proof::from_bytes(black_box(proof)).expect("a proof");
    verify(challenge, fragments, |_| Some(&forge.public), &proof).expect("it holds");
}

/// A tag key with its secrets, by the derivation that docs/formats/podr2.md gives.
struct Forge {
    public: PublicKey,
    proving: ProvingKey,
    x: min_sig::SecretKey,
    /// Contents of blocks, each with x M(alpha) g1.
    blocks: Vec<(Vec<u8>, min_sig::Signature)>,
}

impl Forge {
    fn new() -> Self {
        let sectors = Sectors::DEFAULT;
        let secret = SecretKey::from_seed(&SEED, sectors);
        let scalar = |context| {
            let mut wide = [0; 64];
            let mut hasher = blake3::Hasher::new_derive_key(context);
            hasher.update(&SEED).finalize_xof().fill(&mut wide);
            Scalar::from_bytes_wide(&wide)
        };
        let x = scalar("cess-podr2 v1 secret x");
        let alpha = scalar("cess-podr2 v1 secret alpha");
        let big_endian = |scalar: Scalar| {
            let mut bytes = scalar.to_bytes();
            bytes.reverse();
            bytes
        };
        let blocks = (0..4_u8).map(|content| {
            let mut block = vec![0; sectors.block_bytes()];
            blake3::Hasher::new().update(&[content]).finalize_xof().fill(&mut block);
            let at_alpha = block.chunks(31).rev().fold(Scalar::zero(), |sum, sector| {
                let mut bytes = [0; 32];
                bytes[..31].copy_from_slice(sector);
                sum * alpha + Scalar::from_bytes(&bytes).expect("31 bytes")
            });
            let key = min_pk::SecretKey::from_bytes(&big_endian(x * at_alpha)).expect("not zero");
            let point = key.sk_to_pk().to_bytes();
            (block, min_sig::Signature::from_bytes(&point).expect("a point"))
        });
        Self {
            public: secret.public(),
            proving: secret.proving_key(),
            x: min_sig::SecretKey::from_bytes(&big_endian(x)).expect("not zero"),
            blocks: blocks.collect(),
        }
    }

    /// x (H(name, index) + M(alpha) g1) for every sample.
    fn stock(&self, challenge: &Challenge, drawn: &Drawn) -> Stock<'_> {
        const DST: &[u8] = b"CESS_PODR2_V1_BLS12381G1_XMD:SHA-256_SSWU_RO_";
        let samples = challenge.samples(drawn).expect("its own");
        let tags = samples.map(|sample| {
            let message = [&sample.entry.name().to_bytes()[..], &sample.block.to_le_bytes()];
            let hashed = self.x.sign(&message.concat(), DST, &[]);
            let (_, content) = &self.blocks[content(sample.block)];
            let mut tag = min_sig::AggregateSignature::from_signature(&hashed);
            tag.add_signature(content, false).expect("a point");
            ((sample.entry.name(), sample.block), tag.to_signature().to_bytes())
        });
        Stock { forge: self, tags: tags.collect() }
    }
}

/// Which of the four contents a block has.
fn content(block: u64) -> usize {
    usize::try_from(block % 4).expect("below four")
}

/// The blocks of the samples, as if they were read.
struct Stock<'a> {
    forge: &'a Forge,
    tags: BTreeMap<(FragmentName, u64), [u8; 48]>,
}

impl BlockSource for Stock<'_> {
    type Error = Infallible;

    fn read_block(&mut self, _: &Entry, index: u64, block: &mut [u8]) -> Result<usize, Infallible> {
        block.copy_from_slice(&self.forge.blocks[content(index)].0);
        Ok(block.len())
    }

    fn tag(&mut self, entry: &Entry, index: u64) -> Result<[u8; 48], Infallible> {
        Ok(self.tags[&(entry.name(), index)])
    }
}
