//! A small world whose encodings the targets edit.
#![allow(dead_code)]

use std::sync::OnceLock;

use cess_pre::{
    CheckedCapsule, Condition, DataKey, Delegation, Request, SecretKey, Terms, Threshold,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub struct World {
    pub owner: SecretKey,
    pub delegatee: SecretKey,
    pub proxies: Vec<SecretKey>,
    pub capsule: CheckedCapsule,
    pub delegation: Delegation,
    pub request: Request,
}

pub fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(7)
}

pub const LABEL: [u8; 32] = [0xF1; 32];

pub fn data_key() -> DataKey {
    DataKey::generate(&mut rng())
}

pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let owner = SecretKey::from_seed(&[1; 32]);
        let delegatee = SecretKey::from_seed(&[2; 32]);
        let proxies: Vec<_> = (3..6).map(|i| SecretKey::from_seed(&[i; 32])).collect();
        let keys: Vec<_> = proxies.iter().map(|proxy| proxy.public().clone()).collect();
        let condition = Condition::file([0xC5; 32], LABEL, 0);
        let capsule =
            owner.public().encapsulate(&data_key(), &condition, &LABEL, &mut rng()).unwrap();
        let terms = Terms { condition, threshold: Threshold::new(2).unwrap(), not_after: 9 };
        let delegation = owner.delegate(delegatee.public(), &terms, &keys, &mut rng()).unwrap();
        let received = delegatee.receive(&delegation.grant).unwrap();
        let request = received.request(&delegatee, &capsule, &mut rng()).unwrap();
        World { owner, delegatee, proxies, capsule, delegation, request }
    })
}

/// The bytes as they are, and `good` with the bytes as edits: triples of place and difference.
pub fn both(data: &[u8], good: &[u8], check: impl Fn(&[u8])) {
    check(data);
    let mut bytes = good.to_vec();
    for edit in data.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len();
        bytes[at] ^= edit[2];
    }
    check(&bytes);
}
