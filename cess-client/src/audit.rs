//! audit: a caller's own check of one file, beside the chain's audits of whole holdings.

use std::collections::BTreeMap;

use cess_ledger::{AccountId, FileId, FragmentInfo, FragmentStatus, Slot};
use cess_podr2::{Audit, Challenge, Fragment, Holding, Policy, Proof, PublicKey, verify};
use futures::future::join_all;
use rand_core::CryptoRng;

use crate::{
    BadFragment, Chain, ChainExt, Client, Directory, Error, NodeError, Observer, Progress,
    StorageNode, domain,
};

/// What a caller's own audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Fragments that were proven.
    pub proven: usize,
    /// Bytes of all proofs.
    pub proof_bytes: usize,
    /// Fragments that were not, each found by a challenge of its own.
    pub bad: Vec<BadFragment>,
}

impl<C: Chain, D: Directory> Client<C, D> {
    /// Challenges every node of a file over its fragments of that file, verifies the proofs, and
    /// narrows failures down to the fragment. The seed is the caller's own randomness, so no node
    /// can know it; the chain's audits go on beside and pay or punish, this one only tells.
    ///
    /// # Errors
    /// [`Error`] when the chain can't be read; what nodes do wrong is in the result.
    pub async fn audit(
        &self,
        id: FileId,
        policy: Policy,
        rng: &mut (impl CryptoRng + Send),
        observer: Observer<'_>,
    ) -> Result<Audited, Error> {
        let manifest = self.file(id).await?.manifest;
        let key = self.chain.tag_key(manifest.tag_key).await?.ok_or(Error::TagKeyMissing)?;
        let key = PublicKey::from_bytes(&key.key)?;
        if key.key_id().to_bytes() != manifest.tag_key || key.sectors().get() != manifest.sectors {
            return Err(Error::TagKeyMissing);
        }
        let head = self.chain.head().await?;
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);

        let mut holdings = BTreeMap::<AccountId, Vec<FragmentInfo>>::new();
        let mut audited = Audited::default();
        for record in self.records(id, &manifest).await? {
            if record.status == FragmentStatus::Lost {
                let slot = Slot::at(&manifest.profile, record.info.index);
                let (miner, error) = (record.miner, NodeError::NotFound);
                audited.bad.push(BadFragment { slot, miner, error });
            } else {
                holdings.entry(record.miner).or_default().push(record.info);
            }
        }
        let ask = |miner: AccountId, infos: Vec<FragmentInfo>, policy| {
            let (seed, head, key) = (&seed, &head, &key);
            async move {
                let scope = Audit {
                    chain_id: head.chain_id,
                    round: head.height,
                    height: head.height,
                    prover: miner.0,
                };
                let fragments: Vec<Fragment> = infos.iter().map(|info| info.fragment).collect();
                let seed = seed_for(seed, &miner, &fragments);
                let result = self.challenge(scope, &fragments, policy, seed, key).await;
                (miner, infos, result)
            }
        };
        let whole = holdings.into_iter().map(|(miner, infos)| ask(miner, infos, policy));
        let mut single = Vec::new();
        for (miner, infos, result) in join_all(whole).await {
            match result {
                Ok(bytes) => {
                    audited.proven += infos.len();
                    audited.proof_bytes += bytes;
                }
                Err(_) => single.extend(infos.into_iter().map(|info| (miner, info))),
            }
        }
        for (miner, info) in single {
            let slot = Slot::at(&manifest.profile, info.index);
            match ask(miner, vec![info], Policy::Every).await.2 {
                Ok(bytes) => {
                    audited.proven += 1;
                    audited.proof_bytes += bytes;
                }
                Err(error) => {
                    observer(&Progress::FragmentBad { slot, miner, error: error.clone() });
                    audited.bad.push(BadFragment { slot, miner, error });
                }
            }
        }
        Ok(audited)
    }

    async fn challenge(
        &self,
        scope: Audit,
        fragments: &[Fragment],
        policy: Policy,
        seed: [u8; 32],
        key: &PublicKey,
    ) -> Result<usize, NodeError> {
        let bad = |_| NodeError::BadRequest("challenge");
        let holding = Holding::from_entries(fragments.iter().map(Fragment::entry)).map_err(bad)?;
        let miner = AccountId(scope.prover);
        let challenge = Challenge::new(scope, &holding, policy, seed).map_err(bad)?;
        let bytes = self.node(&miner)?.prove(&challenge, fragments).await?;
        let proof = Proof::from_bytes(&bytes).map_err(|_| NodeError::WrongContent)?;
        let lookup = |id: &cess_podr2::KeyId| (*id == key.key_id()).then_some(key);
        verify(&challenge, &holding, lookup, &proof).map_err(|_| NodeError::WrongContent)?;
        Ok(bytes.len())
    }
}

fn seed_for(seed: &[u8; 32], miner: &AccountId, fragments: &[Fragment]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(domain::AUDIT);
    hasher.update(seed).update(&miner.0);
    for fragment in fragments {
        hasher.update(fragment.name().as_bytes());
    }
    *hasher.finalize().as_bytes()
}
