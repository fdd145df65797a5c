//! Two functions over one request in memory: does a proof hold, does a blinded one.
//!
//! The request: `challenge 173 ‖ keys u32 ‖ fragments u32 ‖ keys of 196 ‖ fragments of 80 ‖ proof`,
//! integers little-endian; a fragment is `KeyId 32 ‖ s u32 ‖ root 32 ‖ length u64 ‖ replica u32`.

use std::sync::Mutex;

use cess_podr2::{
    BlindedProof, Challenge, Error, Fragment, Holding, KeyId, Proof, PublicKey, Sectors, verify,
    verify_blinded,
};

static REQUEST: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Room for a request of so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn request(len: usize) -> *mut u8 {
    let Ok(mut request) = REQUEST.lock() else { return core::ptr::null_mut() };
    request.clear();
    request.resize(len, 0);
    request.as_mut_ptr()
}

/// 0: the proof of the request holds. 1: it doesn't. 2: the request is malformed.
#[unsafe(no_mangle)]
pub extern "C" fn check() -> u32 {
    judge(|parts| {
        let proof = Proof::from_bytes(parts.proof)?;
        verify(&parts.challenge, &parts.holding, |id| parts.key(id), &proof)
    })
}

/// [`check`] for a blinded proof.
#[unsafe(no_mangle)]
pub extern "C" fn check_blinded() -> u32 {
    judge(|parts| {
        let proof = BlindedProof::from_bytes(parts.proof)?;
        verify_blinded(&parts.challenge, &parts.holding, |id| parts.key(id), &proof)
    })
}

fn judge(verdict: impl FnOnce(&Parts<'_>) -> Result<(), Error>) -> u32 {
    let Ok(request) = REQUEST.lock() else { return 2 };
    match Parts::read(&request) {
        Some(Ok(parts)) => u32::from(verdict(&parts).is_err()),
        Some(Err(_)) => 1,
        None => 2,
    }
}

struct Parts<'a> {
    challenge: Challenge,
    keys: Vec<PublicKey>,
    holding: Holding,
    proof: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `None` where lengths don't fit, an error where values don't.
    fn read(request: &'a [u8]) -> Option<Result<Self, Error>> {
        let (challenge, rest) = request.split_at_checked(Challenge::LEN)?;
        let (keys, rest) = rest.split_first_chunk()?;
        let (fragments, rest) = rest.split_first_chunk()?;
        let size = |count: &[u8; 4], each| (u32::from_le_bytes(*count) as usize).checked_mul(each);
        let (keys, rest) = rest.split_at_checked(size(keys, PublicKey::LEN)?)?;
        let (fragments, proof) = rest.split_at_checked(size(fragments, 80)?)?;
        Some(Self::decode(challenge, keys, fragments, proof))
    }

    fn decode(
        challenge: &[u8],
        keys: &[u8],
        fragments: &[u8],
        proof: &'a [u8],
    ) -> Result<Self, Error> {
        let challenge = Challenge::from_bytes(challenge)?;
        let keys = keys.chunks_exact(PublicKey::LEN).map(PublicKey::from_bytes);
        let mut entries = Vec::new();
        for fragment in fragments.as_chunks::<80>().0 {
            let sectors = Sectors::new(u32::from_le_bytes(part(fragment, 32)))?;
            let (id, root) = (KeyId::from_bytes(part(fragment, 0)), part(fragment, 36));
            let len = u64::from_le_bytes(part(fragment, 68));
            let replica = u32::from_le_bytes(part(fragment, 76));
            entries.push(Fragment::from_parts(id, sectors, root, len, replica)?.entry());
        }
        let holding = Holding::from_entries(entries)?;
        Ok(Self { challenge, keys: keys.collect::<Result<_, _>>()?, holding, proof })
    }

    fn key(&self, id: &KeyId) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.key_id() == *id)
    }
}

fn part<const N: usize>(bytes: &[u8; 80], at: usize) -> [u8; N] {
    core::array::from_fn(|place| bytes[at + place])
}
