use alloc::vec::Vec;
use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::backend::{Base, Batch, G1, G1_BYTES, G1Affine, G2Affine, message};
use crate::domain::{SECRET_ALPHA, SECRET_X, Transcript};
use crate::error::Error;
use crate::field::Fr;
use crate::fragment::Tagged;
use crate::id::FragmentName;
use crate::kernel::{Kernel, Powers};
use crate::public::{ProvingKey, PublicKey};
use crate::sectors::Sectors;
use crate::tagger::Tagger;

/// The tag key (x, alpha). Whoever holds it can prove possession of anything under it.
pub struct SecretKey {
    x: Zeroizing<Fr>,
    alpha: Zeroizing<Fr>,
    powers: Powers,
    base: Base,
    public: PublicKey,
}

impl SecretKey {
    /// Derives a key from 32 uniform secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32], sectors: Sectors) -> Self {
        Self::with(seed, sectors, Kernel::best(), Base::new(Batch::best()))
    }

    pub(crate) fn with(seed: &[u8; 32], sectors: Sectors, kernel: Kernel, base: Base) -> Self {
        let x = derive(SECRET_X, seed);
        let alpha = derive(SECRET_ALPHA, seed);
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

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("id", &self.public.key_id()).finish_non_exhaustive()
    }
}
