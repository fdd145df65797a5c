//! What tests/vectors/*.json hold, and how they are read.

use std::path::PathBuf;

use cess_podr2::post::{Fault, Verdict};
use cess_podr2::{Error, Holding, KeyId, PublicKey, Sectors};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Bytes, as lower-case hexadecimal digits in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl<T: AsRef<[u8]>> From<T> for Hex {
    fn from(bytes: T) -> Self {
        Self(bytes.as_ref().to_vec())
    }
}

impl Hex {
    pub(crate) fn array<const N: usize>(&self) -> [u8; N] {
        self.0.as_slice().try_into().unwrap()
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let byte = |at| u8::from_str_radix(digits.get(at..at + 2).unwrap_or(""), 16);
        let bytes = (0..digits.len()).step_by(2).map(byte).collect::<Result<_, _>>();
        bytes.map(Self).map_err(D::Error::custom)
    }
}

/// A point that a block is hashed to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hash {
    pub(crate) name: Hex,
    pub(crate) index: u64,
    pub(crate) point: Hex,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyPass {
    pub(crate) seed: Hex,
    pub(crate) sectors: u32,
    pub(crate) public_key: Hex,
    pub(crate) key_id: Hex,
    pub(crate) proving_key_hash: Hex,
    /// Left out where it is long.
    pub(crate) proving_key: Option<Hex>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFail {
    pub(crate) why: String,
    pub(crate) public_key: Hex,
    pub(crate) proving_key: Option<Hex>,
    pub(crate) refused: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    pub(crate) pass: Vec<KeyPass>,
    pub(crate) fail: Vec<KeyFail>,
}

/// `len` bytes: of a BLAKE3 stream over one byte, or all the same.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(crate) enum Data {
    Stream { of: u8, len: usize },
    Fill { with: u8, len: usize },
}

/// What a holding lists, and what a name is made of.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fragment {
    pub(crate) key_id: Hex,
    pub(crate) sectors: u32,
    pub(crate) root: Hex,
    pub(crate) len: u64,
    pub(crate) replica: u32,
}

impl Fragment {
    pub(crate) fn read(&self) -> cess_podr2::Fragment {
        let key = KeyId::from_bytes(self.key_id.array());
        let sectors = Sectors::new(self.sectors).unwrap();
        let root = self.root.array();
        cess_podr2::Fragment::from_parts(key, sectors, root, self.len, self.replica).unwrap()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagPass {
    pub(crate) seed: Hex,
    pub(crate) data: Data,
    pub(crate) fragment: Fragment,
    pub(crate) name: Hex,
    pub(crate) tags: Hex,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagFail {
    pub(crate) why: String,
    pub(crate) public_key: Hex,
    /// The key of keys.json whose proving key goes with it.
    pub(crate) proving_key_of: usize,
    pub(crate) data: Data,
    pub(crate) fragment: Fragment,
    pub(crate) tags: Hex,
    pub(crate) refused: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagCases {
    pub(crate) pass: Vec<TagPass>,
    pub(crate) fail: Vec<TagFail>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChallengePass {
    pub(crate) why: String,
    pub(crate) holding: Vec<Fragment>,
    pub(crate) challenge: Hex,
    pub(crate) digest: Hex,
    pub(crate) z: Hex,
    /// Place in `holding`, block and nu, in the order of the samples.
    pub(crate) samples: Vec<(usize, u64, Hex)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChallengeFail {
    pub(crate) why: String,
    pub(crate) challenge: Hex,
    pub(crate) refused: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Challenges {
    pub(crate) pass: Vec<ChallengePass>,
    pub(crate) fail: Vec<ChallengeFail>,
}

/// A fragment with what a prover stores of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredData {
    pub(crate) seed: Hex,
    pub(crate) data: Data,
    pub(crate) fragment: Fragment,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofPass {
    pub(crate) why: String,
    pub(crate) public_keys: Vec<Hex>,
    pub(crate) stored: Vec<StoredData>,
    pub(crate) challenge: Hex,
    pub(crate) proof: Hex,
}

/// A verifier's input.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    pub(crate) holding: Vec<Fragment>,
    pub(crate) challenge: Hex,
    pub(crate) proof: Hex,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofFail {
    pub(crate) why: String,
    pub(crate) public_keys: Vec<Hex>,
    pub(crate) claim: Claim,
    pub(crate) refused: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proofs {
    pub(crate) pass: Vec<ProofPass>,
    pub(crate) fail: Vec<ProofFail>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    pub(crate) why: String,
    pub(crate) public_keys: Vec<Hex>,
    pub(crate) claims: Vec<Claim>,
    /// Places of the proofs that don't hold.
    pub(crate) rejected: Vec<usize>,
}

pub(crate) fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file)
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    serde_json::from_str(&std::fs::read_to_string(path(file)).unwrap()).unwrap()
}

/// The refusal of an error, in the words of the vectors.
pub(crate) fn refusal(error: &Error) -> &'static str {
    match error {
        Error::Sectors { .. } => "sectors",
        Error::Length { .. } => "length",
        Error::Point { .. } => "point",
        Error::Subgroup { .. } => "subgroup",
        Error::Identity { .. } => "identity",
        Error::Scalar { .. } => "scalar",
        Error::Version { .. } => "version",
        Error::Policy { .. } => "policy",
        Error::ProvingKey { .. } => "proving key",
        Error::WrongSectors { .. } => "wrong sectors",
        Error::TagCount { .. } => "tag count",
        Error::FragmentLength { .. } => "fragment length",
        Error::Root { .. } => "root",
        Error::Tags => "tags",
        Error::Duplicate { .. } => "duplicate",
        Error::EmptyHolding => "empty holding",
        Error::WrongHolding => "wrong holding",
        Error::UnknownKey { .. } => "unknown key",
        Error::KeyCount { .. } => "key count",
        Error::Proof => "proof",
        Error::Window { fault: Fault::Prover, .. } => "other prover",
        Error::Window { fault: Fault::Order, .. } => "order",
        Error::Window { fault: Fault::Seed, .. } => "seed",
        Error::Outcome { .. } => "outcome",
        Error::Link { .. } => "link",
        Error::OtherProof { .. } => "other proof",
        other => panic!("no vector names {other:?}"),
    }
}

pub(crate) fn publics(keys: &[Hex]) -> Vec<PublicKey> {
    keys.iter().map(|key| PublicKey::from_bytes(&key.0).unwrap()).collect()
}

pub(crate) fn find<'k>(publics: &'k [PublicKey], id: &KeyId) -> Option<&'k PublicKey> {
    publics.iter().find(|key| key.key_id() == *id)
}

/// A blinded proof as a prover makes it from these 32 bytes of randomness.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlindedPass {
    pub(crate) why: String,
    pub(crate) public_keys: Vec<Hex>,
    pub(crate) stored: Vec<StoredData>,
    pub(crate) challenge: Hex,
    pub(crate) random: Hex,
    pub(crate) proof: Hex,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blinded {
    /// BLAKE3 of the 576 bytes of e(g1, g2).
    pub(crate) pairing_of_generators: Hex,
    pub(crate) pass: Vec<BlindedPass>,
    pub(crate) fail: Vec<ProofFail>,
}

/// A span that leads to the chain's link, and what is known of each window.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpanPass {
    pub(crate) why: String,
    pub(crate) public_keys: Vec<Hex>,
    pub(crate) holding: Vec<Fragment>,
    pub(crate) chain_id: Hex,
    pub(crate) prover: Hex,
    pub(crate) start: u64,
    pub(crate) span: Hex,
    /// After each window.
    pub(crate) links: Vec<Hex>,
    /// The proofs at hand.
    pub(crate) proofs: Vec<Option<Hex>>,
    pub(crate) verdicts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpanFail {
    pub(crate) why: String,
    pub(crate) span: Hex,
    /// The chain's link before the first window.
    pub(crate) from: Hex,
    /// The chain's link after the last window.
    pub(crate) link: Hex,
    pub(crate) refused: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spans {
    pub(crate) pass: Vec<SpanPass>,
    pub(crate) fail: Vec<SpanFail>,
}

pub(crate) fn holding(fragments: &[Fragment]) -> Result<Holding, Error> {
    Holding::from_entries(fragments.iter().map(|fragment| fragment.read().entry()))
}

/// What is known of a window, in the words of tests/vectors/README.md.
pub(crate) fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Proven => "proven".into(),
        Verdict::Missed => "missed".into(),
        Verdict::Late => "late".into(),
        Verdict::Withheld => "withheld".into(),
        Verdict::Refused(error) => format!("refused: {}", refusal(error)),
        other => panic!("no vector names {other:?}"),
    }
}
