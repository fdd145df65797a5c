//! A proxy that lies, for the tests of those who have to do with proxies.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::backend::Scalar;
use crate::{Answer, CheckedCapsule, CheckedGrant, Request, SecretKey, Share};

/// The answer of a proxy that lies: signed as its own, and false. Combined with others it spoils the
/// key, and its proof shows whose fault that is.
pub fn false_answer(
    proxy: &SecretKey,
    share: &Share,
    grant: &CheckedGrant,
    capsule: &CheckedCapsule,
    request: &Request,
    rng: &mut impl CryptoRng,
) -> Answer {
    let sigma = Zeroizing::new(share.sigma.add(&Scalar::from_u64(1)));
    let wrong = Share { grant: share.grant, index: share.index, sigma, point: share.point };
    proxy.sign_answer(&wrong, grant, capsule, request, rng)
}
