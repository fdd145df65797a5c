use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::backend::{G1Affine, G2Affine, Scalar};
use crate::domain::{self, Transcript};
use crate::error::Error;
use crate::grant::{Body, CheckedGrant, Grant, Terms, check_proxies};
use crate::polynomial::evaluate;
use crate::share::SealedShare;
use crate::{Condition, PublicKey, SecretKey, schnorr};

/// What a delegation gives: the grant to publish, and a sealed share for each proxy, in order of
/// index from 1.
#[derive(Debug, Clone)]
pub struct Delegation {
    /// The grant.
    pub grant: CheckedGrant,
    /// The shares; each says nothing to anybody but its proxy.
    pub shares: Vec<SealedShare>,
}

/// `tau = H(eps*B1 ‖ E ‖ A1 ‖ B1 ‖ w)`: what only owner and delegatee know.
pub(crate) fn blinding(
    mut agreed: G1Affine,
    e: &G1Affine,
    a1: &G1Affine,
    b1: &G1Affine,
    condition: &Condition,
) -> Zeroizing<Scalar> {
    let tau = Transcript::new(domain::TAU)
        .point(&agreed)
        .point(e)
        .point(a1)
        .point(b1)
        .bytes(&condition.to_bytes())
        .secret_scalar();
    agreed.zeroize();
    tau
}

impl SecretKey {
    /// Lets `delegatee` open what is encapsulated to this owner under `terms.condition`, with the
    /// help of `terms.threshold` of the proxies. What it sends doesn't depend on how much that is.
    ///
    /// `X = a*Q_w + (f(0) + tau)*g2`, `E = eps*g1`, `Phi_j = f_j*g1`, and f(i) for proxy i.
    ///
    /// # Errors
    /// [`Error::Threshold`] unless t <= n <= 255, [`Error::RepeatedProxy`],
    /// [`Error::DelegateeIsProxy`], [`Error::Share`] if the AEAD refuses, which nothing brings
    /// about.
    pub fn delegate(
        &self,
        delegatee: &PublicKey,
        terms: &Terms,
        proxies: &[PublicKey],
        rng: &mut impl CryptoRng,
    ) -> Result<Delegation, Error> {
        let keys: Vec<G1Affine> = proxies.iter().map(|proxy| proxy.s1).collect();
        check_proxies(terms.threshold, &keys)?;
        let (a1, b1, condition) = (self.public().a1, delegatee.a1, &terms.condition);
        let fresh = schnorr::fresh(rng);
        let draw = |context, index: u8| {
            let a = Zeroizing::new(self.a.to_bytes());
            let transcript = Transcript::new(context).all(&[&a[..], &fresh[..], &[index]]);
            keys.iter()
                .fold(transcript.point(&b1), Transcript::point)
                .bytes(&condition.to_bytes())
                .secret_scalar()
        };

        let eps = draw(domain::EPS, 0);
        let e = G1Affine::generator().mul(&eps).to_affine();
        let tau = blinding(b1.mul(&eps).to_affine(), &e, &a1, &b1, condition);
        let f: Vec<Zeroizing<Scalar>> =
            (0..terms.threshold.get()).map(|j| draw(domain::COEFFICIENT, j)).collect();
        let phi = f.iter().map(|c| G1Affine::generator().mul(c).to_affine()).collect();
        let mut blinded = condition.point().mul(&self.a);
        let blind = Zeroizing::new(f[0].add(&tau));
        let x = blinded.add(&G2Affine::generator().mul(&blind)).to_affine();
        blinded.zeroize();

        let body = Body { terms: *terms, a1, b1, e, x, proxies: keys, phi };
        let id = body.id();
        let signature = self.sign(domain::GRANT_SIGNATURE, &[&id], &fresh);
        let grant = Grant { body, signature }.check(self.public(), delegatee)?;
        let shares = (1u8..=u8::MAX)
            .zip(proxies)
            .map(|(index, proxy)| {
                SealedShare::seal(&grant, index, proxy, &evaluate(&f, index), rng)
            })
            .collect::<Result<_, _>>()?;
        Ok(Delegation { grant, shares })
    }
}
