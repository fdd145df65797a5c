//! An owner, a delegatee, five proxies, and what passes between them.

use cess_pre::{
    Answer, CheckedCapsule, CheckedGrant, Condition, DataKey, Delegation, PublicKey, ReceivedGrant,
    Request, SecretKey, Share, Terms, Threshold,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

pub(crate) const LEDGER: [u8; 32] = [0xC5; 32];
pub(crate) const FILE: [u8; 32] = [0xF1; 32];
pub(crate) const NOT_AFTER: u64 = 1000;

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

pub(crate) fn condition() -> Condition {
    Condition::file(LEDGER, FILE, 0)
}

pub(crate) fn data_key() -> DataKey {
    DataKey::generate(&mut rng(0xda7a))
}

pub(crate) struct World {
    pub(crate) owner: SecretKey,
    pub(crate) delegatee: SecretKey,
    pub(crate) proxies: Vec<SecretKey>,
    pub(crate) capsule: CheckedCapsule,
    pub(crate) delegation: Delegation,
    pub(crate) shares: Vec<Share>,
}

impl World {
    pub(crate) fn new(t: u8, n: u8) -> Self {
        let (owner, delegatee) = (secret(1), secret(2));
        let proxies: Vec<SecretKey> = (0..n).map(|i| Self::proxy_key(i + 1)).collect();
        let capsule =
            owner.public().encapsulate(&data_key(), &condition(), &FILE, &mut rng(3)).unwrap();
        let keys: Vec<PublicKey> = proxies.iter().map(|p| p.public().clone()).collect();
        let delegation = owner.delegate(delegatee.public(), &terms(t), &keys, &mut rng(4)).unwrap();
        let shares = proxies
            .iter()
            .zip(&delegation.shares)
            .map(|(proxy, sealed)| {
                let (share, receipt) =
                    proxy.accept(&delegation.grant, sealed, &mut rng(5)).unwrap();
                receipt.check(&delegation.grant).unwrap();
                share
            })
            .collect();
        Self { owner, delegatee, proxies, capsule, delegation, shares }
    }

    pub(crate) fn proxy_key(index: u8) -> SecretKey {
        let mut seed = [0xee; 32];
        seed[0] = index;
        SecretKey::from_seed(&seed)
    }

    pub(crate) fn grant(&self) -> &CheckedGrant {
        &self.delegation.grant
    }

    pub(crate) fn received(&self) -> ReceivedGrant<'_> {
        self.delegatee.receive(self.grant()).unwrap()
    }

    pub(crate) fn request(&self, nonce: u64) -> Request {
        self.received().request(&self.delegatee, &self.capsule, &mut rng(nonce)).unwrap()
    }

    pub(crate) fn answer(&self, index: u8, request: &Request) -> Answer {
        let i = usize::from(index) - 1;
        self.proxies[i]
            .answer(
                &self.shares[i],
                self.grant(),
                &self.capsule,
                request,
                NOT_AFTER,
                &mut rng(u64::from(index)),
            )
            .unwrap()
    }

    pub(crate) fn answers(&self, indices: &[u8], request: &Request) -> Vec<Answer> {
        indices.iter().map(|i| self.answer(*i, request)).collect()
    }
}

pub(crate) fn threshold(t: u8) -> Threshold {
    if t == 1 { Threshold::ANY_ONE } else { Threshold::new(t).unwrap() }
}

pub(crate) fn terms(t: u8) -> Terms {
    Terms { condition: condition(), threshold: threshold(t), not_after: NOT_AFTER }
}

/// The bytes with one bit flipped.
pub(crate) fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[bit / 8] ^= 1 << (bit % 8);
    out
}

/// All subsets of `1..=n` of `size` indices.
pub(crate) fn subsets(n: u8, size: u8) -> Vec<Vec<u8>> {
    (0u32..1 << n)
        .filter(|set| set.count_ones() == u32::from(size))
        .map(|set| (1..=n).filter(|i| set >> (i - 1) & 1 == 1).collect())
        .collect()
}
