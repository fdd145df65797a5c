//! tests/vectors/*.json: what they hold, and the crate held to them. The bytes come from
//! `generate`, that is from the reference on `bls12_381`, never from the crate.

use std::path::PathBuf;

use cess_podr2::{
    Challenge, Error, Holding, KeyId, Proof, ProvingKey, PublicKey, SecretKey, Sectors, Tags,
    check_fragment, verify, verify_batch,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::equations::Refusal;
use crate::world::bytes;

/// Bytes, as lower-case hexadecimal digits in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl<T: AsRef<[u8]>> From<T> for Hex {
    fn from(bytes: T) -> Self {
        Self(bytes.as_ref().to_vec())
    }
}

impl Hex {
    fn array<const N: usize>(&self) -> [u8; N] {
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

impl Data {
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Stream { of, len } => bytes(len, of),
            Self::Fill { with, len } => vec![with; len],
        }
    }
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
    fn read(&self) -> cess_podr2::Fragment {
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

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    serde_json::from_str(&std::fs::read_to_string(path(file)).unwrap()).unwrap()
}

/// The refusal of an error, in the words of the vectors.
fn refusal(error: &Error) -> Refusal {
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
        other => panic!("no vector names {other:?}"),
    }
}

fn publics(keys: &[Hex]) -> Vec<PublicKey> {
    keys.iter().map(|key| PublicKey::from_bytes(&key.0).unwrap()).collect()
}

fn find<'k>(publics: &'k [PublicKey], id: &KeyId) -> Option<&'k PublicKey> {
    publics.iter().find(|key| key.key_id() == *id)
}

#[test]
fn keys_and_their_refusals_are_those_of_the_vectors() {
    let keys: Keys = read("keys.json");
    for case in &keys.pass {
        let secret = SecretKey::from_seed(&case.seed.array(), Sectors::new(case.sectors).unwrap());
        assert_eq!(Hex::from(secret.public().to_bytes()), case.public_key);
        assert_eq!(Hex::from(secret.public().key_id().to_bytes()), case.key_id);
        let proving = secret.proving_key();
        assert_eq!(Hex::from(proving.hash()), case.proving_key_hash);
        let public = PublicKey::from_bytes(&case.public_key.0).unwrap();
        if let Some(encoded) = &case.proving_key {
            assert_eq!(Hex::from(proving.to_bytes()), *encoded);
            assert_eq!(ProvingKey::from_bytes(&encoded.0, &public), Ok(proving));
        }
    }
    for case in &keys.fail {
        let verdict = PublicKey::from_bytes(&case.public_key.0).and_then(|public| {
            let proving = case.proving_key.as_ref();
            proving.map_or(Ok(()), |key| ProvingKey::from_bytes(&key.0, &public).map(|_| ()))
        });
        assert_eq!(refusal(&verdict.unwrap_err()), case.refused, "{}", case.why);
    }
}

#[test]
fn tags_and_their_refusals_are_those_of_the_vectors() {
    let keys: Keys = read("keys.json");
    let cases: TagCases = read("tags.json");
    for case in &cases.pass {
        let sectors = Sectors::new(case.fragment.sectors).unwrap();
        let secret = SecretKey::from_seed(&case.seed.array(), sectors);
        let data = case.data.bytes();
        let tagged = secret.tag(case.fragment.replica, &data).unwrap();
        assert_eq!(tagged.fragment, case.fragment.read());
        assert_eq!(Hex::from(tagged.name().as_bytes()), case.name);
        assert_eq!(Hex::from(tagged.tags.as_bytes()), case.tags);
        let tags = Tags::from_bytes(&case.tags.0).unwrap();
        let proving = secret.proving_key();
        let verdict = check_fragment(&secret.public(), &proving, &tagged.fragment, &tags, &data);
        assert_eq!(verdict, Ok(()));
    }
    for case in &cases.fail {
        let public = PublicKey::from_bytes(&case.public_key.0).unwrap();
        let encoded = keys.pass[case.proving_key_of].proving_key.as_ref().unwrap();
        let proving = ProvingKey::from_bytes(&encoded.0, &public).unwrap();
        let verdict = Tags::from_bytes(&case.tags.0).and_then(|tags| {
            check_fragment(&public, &proving, &case.fragment.read(), &tags, &case.data.bytes())
        });
        assert_eq!(refusal(&verdict.unwrap_err()), case.refused, "{}", case.why);
    }
}

#[test]
fn challenges_and_draws_are_those_of_the_vectors() {
    let cases: Challenges = read("challenges.json");
    for case in &cases.pass {
        let fragments: Vec<_> = case.holding.iter().map(Fragment::read).collect();
        let holding = Holding::from_entries(fragments.iter().map(|f| f.entry())).unwrap();
        let challenge = Challenge::from_bytes(&case.challenge.0).unwrap();
        assert_eq!(Hex::from(challenge.to_bytes()), case.challenge);
        assert_eq!(Hex::from(challenge.digest()), case.digest);
        let (audit, policy, seed) = (challenge.audit(), challenge.policy(), challenge.seed());
        assert_eq!(Challenge::new(*audit, &holding, policy, seed), Ok(challenge));
        let place = |name| fragments.iter().position(|f| f.name() == name).unwrap();
        let samples = challenge.samples(&holding).unwrap();
        let samples: Vec<_> = samples.map(|s| (place(s.entry.name()), s.block)).collect();
        let expected: Vec<_> = case.samples.iter().map(|(at, block, _)| (*at, *block)).collect();
        assert_eq!(samples, expected, "{}", case.why);
    }
    for case in &cases.fail {
        let error = Challenge::from_bytes(&case.challenge.0).unwrap_err();
        assert_eq!(refusal(&error), case.refused, "{}", case.why);
    }
}

/// Proves with tags of the crate's own.
fn prove(stored: &[StoredData], challenge: &Challenge) -> Vec<u8> {
    let mut provings: Vec<ProvingKey> = Vec::new();
    let mut parts = Vec::new();
    for stored in stored {
        let sectors = Sectors::new(stored.fragment.sectors).unwrap();
        let secret = SecretKey::from_seed(&stored.seed.array(), sectors);
        if provings.iter().all(|key| key.key_id() != secret.public().key_id()) {
            provings.push(secret.proving_key());
        }
        let data = stored.data.bytes();
        let tagged = secret.tag(stored.fragment.replica, &data).unwrap();
        assert_eq!(tagged.fragment, stored.fragment.read());
        parts.push((data, tagged));
    }
    let entries = parts.iter().map(|(_, tagged)| tagged.fragment.entry());
    let holding = Holding::from_entries(entries).unwrap();
    let lookup = |id: &KeyId| provings.iter().find(|key| key.key_id() == *id);
    let mut proving = cess_podr2::Proving::new(challenge, &holding, lookup).unwrap();
    while let (Some(sample), Some(size)) = (proving.sample(), proving.block_bytes()) {
        let (data, tagged) =
            parts.iter().find(|(_, tagged)| tagged.name() == sample.entry.name()).unwrap();
        let block = data.chunks(size).nth(usize::try_from(sample.block).unwrap()).unwrap();
        proving.absorb(block, tagged.tags.get(sample.block).unwrap()).unwrap();
    }
    proving.finish().unwrap().to_bytes()
}

/// What a verifier says of a claim.
fn verdict(claim: &Claim, publics: &[PublicKey]) -> Result<(), Error> {
    let challenge = Challenge::from_bytes(&claim.challenge.0)?;
    let proof = Proof::from_bytes(&claim.proof.0)?;
    let holding = Holding::from_entries(claim.holding.iter().map(|f| f.read().entry()))?;
    verify(&challenge, &holding, |id| find(publics, id), &proof)
}

#[test]
fn proofs_and_verdicts_are_those_of_the_vectors() {
    let cases: Proofs = read("proofs.json");
    for case in &cases.pass {
        let challenge = Challenge::from_bytes(&case.challenge.0).unwrap();
        assert_eq!(Hex(prove(&case.stored, &challenge)), case.proof, "{}", case.why);
        let holding = case.stored.iter().map(|stored| stored.fragment.clone()).collect();
        let (challenge, proof) = (case.challenge.clone(), case.proof.clone());
        let claim = Claim { holding, challenge, proof };
        assert_eq!(verdict(&claim, &publics(&case.public_keys)), Ok(()), "{}", case.why);
    }
    for case in &cases.fail {
        let error = verdict(&case.claim, &publics(&case.public_keys)).unwrap_err();
        assert_eq!(refusal(&error), case.refused, "{}", case.why);
    }
}

#[test]
fn batches_are_judged_as_in_the_vectors() {
    let cases: Vec<Batch> = read("batches.json");
    for case in &cases {
        let publics = publics(&case.public_keys);
        let parts = case.claims.iter().map(|claim| {
            let entries = claim.holding.iter().map(|fragment| fragment.read().entry());
            let challenge = Challenge::from_bytes(&claim.challenge.0).unwrap();
            let proof = Proof::from_bytes(&claim.proof.0).unwrap();
            (challenge, Holding::from_entries(entries).unwrap(), proof)
        });
        let parts: Vec<_> = parts.collect();
        let batch: Vec<_> = parts.iter().map(|(c, holding, proof)| (c, holding, proof)).collect();
        let rejected = case.rejected.iter().map(|at| (*at, Error::Proof)).collect::<Vec<_>>();
        let expected = if rejected.is_empty() { Ok(()) } else { Err(Error::Batch { rejected }) };
        assert_eq!(verify_batch(&batch, |id| find(&publics, id)), expected, "{}", case.why);
    }
}
