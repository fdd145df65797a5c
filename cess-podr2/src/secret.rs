use alloc::vec::Vec;
use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use crate::backend::{Base, Batch, G1, G1_BYTES, G1Affine, G2Affine, message};
use crate::domain::{SECRET_ALPHA, SECRET_X, Transcript};
use crate::error::{Error, What};
use crate::field::Fr;
use crate::fragment::Tagged;
use crate::id::FragmentName;
use crate::kernel::{Kernel, Powers};
use crate::proving_key::ProvingKey;
use crate::public::PublicKey;
use crate::sectors::Sectors;
use crate::tagger::Tagger;

/// The tag key (x, alpha). Whoever holds it can prove possession of anything under it.
///
/// It is kept as its seed, which is the caller's to wipe, or as what [`to_bytes`](Self::to_bytes) gives,
/// which is wiped when it is dropped. The key is never shown and can't be cloned: whoever needs it twice imports it twice.
///
/// ```compile_fail,E0599
/// # use cess_podr2::{SecretKey, Sectors};
/// let second = SecretKey::from_seed(&[7; 32], Sectors::MIN).clone();
/// ```
pub struct SecretKey {
    x: Zeroizing<Fr>,
    alpha: Zeroizing<Fr>,
    powers: Powers,
    base: Base,
    public: PublicKey,
}

impl SecretKey {
    /// Bytes of an encoding: x, alpha, sectors.
    pub const LEN: usize = 2 * 32 + 4;

    /// Derives a key from 32 uniform secret bytes, x and alpha under a context each.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32], sectors: Sectors) -> Self {
        Self::with(seed, sectors, Kernel::best(), Base::new(Batch::best()))
    }

    /// Takes a key that [`to_bytes`](Self::to_bytes) gave, or that was drawn otherwise: x and alpha
    /// uniform, neither known to anybody else.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Sectors`], [`Error::Scalar`] for x or alpha of zero, or not below the
    /// group order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let what = What::SecretKey;
        let wrong = || Error::length(what, Self::LEN, bytes.len());
        let bytes: &[u8; Self::LEN] = bytes.try_into().map_err(|_| wrong())?;
        let scalar = |index: u64| {
            let mut word = Zeroizing::new([0; 32]);
            let at = if index == 0 { 0 } else { 32 };
            word.copy_from_slice(&bytes[at..at + 32]);
            let scalar = Fr::from_bytes(&word).filter(|scalar| !scalar.is_zero());
            scalar.map(Zeroizing::new).ok_or(Error::Scalar { what, index })
        };
        let mut sectors = [0; 4];
        sectors.copy_from_slice(&bytes[64..]);
        let sectors = Sectors::new(u32::from_le_bytes(sectors))?;
        let base = Base::new(Batch::best());
        Ok(Self::assemble(scalar(0)?, scalar(1)?, sectors, Kernel::best(), base))
    }

    /// The one encoding of the key, for safekeeping.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::LEN]> {
        let mut out = Zeroizing::new([0; Self::LEN]);
        out[..32].copy_from_slice(&*Zeroizing::new(self.x.to_bytes()));
        out[32..64].copy_from_slice(&*Zeroizing::new(self.alpha.to_bytes()));
        out[64..].copy_from_slice(&self.public.sectors().get().to_le_bytes());
        out
    }

    pub(crate) fn with(seed: &[u8; 32], sectors: Sectors, kernel: Kernel, base: Base) -> Self {
        Self::assemble(derive(SECRET_X, seed), derive(SECRET_ALPHA, seed), sectors, kernel, base)
    }

    fn assemble(
        x: Zeroizing<Fr>,
        alpha: Zeroizing<Fr>,
        sectors: Sectors,
        kernel: Kernel,
        base: Base,
    ) -> Self {
        let alpha_x = Zeroizing::new(alpha.mul(&x));
        let public = PublicKey::new(
            G2Affine::generator_times(&x),
            G2Affine::generator_times(&alpha_x),
            sectors,
        );
        let powers = Powers::new(kernel, &alpha, sectors);
        Self { x, alpha, powers, base, public }
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// Computes the proving key: one multiplication in G1 for each sector.
    #[must_use]
    pub fn proving_key(&self) -> ProvingKey {
        let count = self.public.sectors().count();
        let mut powers = Zeroizing::new(Vec::with_capacity(count));
        let mut power = Zeroizing::new(Fr::one());
        for _ in 0..count {
            powers.push(*power);
            *power = power.mul(&self.alpha);
        }
        ProvingKey::trusted(G1::to_affine_all(&self.base.times(&powers)), &self.public)
    }

    /// Starts a fragment that will hold replica `replica` of some content.
    #[must_use]
    pub fn tagger(&self, replica: u32) -> Tagger<'_> {
        Tagger::new(self, replica)
    }

    /// Tags a fragment that is in memory.
    ///
    /// # Errors
    /// [`Error::EmptyFragment`] for no data.
    pub fn tag(&self, replica: u32, data: &[u8]) -> Result<Tagged, Error> {
        let mut tagger = self.tagger(replica);
        tagger.update(data);
        tagger.finish()
    }

    pub(crate) fn public_ref(&self) -> &PublicKey {
        &self.public
    }

    #[cfg(test)]
    pub(crate) fn alpha(&self) -> Fr {
        *self.alpha
    }

    /// M(alpha) of one block.
    pub(crate) fn evaluate(&self, block: &[u8]) -> Fr {
        self.powers.evaluate(block)
    }

    /// `x (H(name || index) + m g1)` for each block's m, in order.
    ///
    /// One (name, index) must meet one m only, ever: two tags of different data under one name
    /// give away a multiple of x. [`Tagger`] sees to it by deriving the name from the data.
    pub(crate) fn sign(&self, name: &FragmentName, ms: &[Fr]) -> Vec<[u8; G1_BYTES]> {
        let mut items = Zeroizing::new(Vec::with_capacity(ms.len()));
        items.extend((0u64..).zip(ms).map(|(index, m)| (message(name.as_bytes(), index), *m)));
        let points = self.base.sign(&self.x, &items);
        G1::to_affine_all(&points).into_iter().map(G1Affine::to_compressed).collect()
    }
}

fn derive(context: &'static str, seed: &[u8; 32]) -> Zeroizing<Fr> {
    let mut xof = Transcript::new(context).bytes(seed).xof();
    loop {
        let mut wide = xof.wide();
        let scalar = Zeroizing::new(Fr::from_wide(&wide));
        wide.zeroize();
        if !scalar.is_zero() {
            return scalar;
        }
    }
}

impl ConstantTimeEq for SecretKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.to_bytes().as_slice().ct_eq(other.to_bytes().as_slice())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("id", &self.public.key_id()).finish_non_exhaustive()
    }
}
