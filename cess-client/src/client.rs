//! The client: a chain, and the nodes it can reach.

use cess_ledger::{AccountId, File, FileId, FragmentRecord, Manifest, Slot};

use crate::{Chain, ChainError, ChainExt, Directory, Error, NodeError};

/// put, get, audit, repair over any chain and any nodes. It holds no keys: each call takes those
/// it needs.
#[derive(Clone, Debug)]
pub struct Client<C, D> {
    pub(crate) chain: C,
    pub(crate) nodes: D,
}

impl<C: Chain, D: Directory> Client<C, D> {
    /// A client of `chain` that finds nodes in `nodes`.
    pub fn new(chain: C, nodes: D) -> Self {
        Self { chain, nodes }
    }

    /// The chain.
    pub fn chain(&self) -> &C {
        &self.chain
    }

    pub(crate) fn node(&self, miner: &AccountId) -> Result<D::Node, NodeError> {
        self.nodes.node(miner).ok_or(NodeError::Unreachable)
    }

    pub(crate) async fn file(&self, id: FileId) -> Result<File, Error> {
        let file = self.chain.file(id).await?.ok_or(Error::NoSuchFile(id))?;
        // The chain is asked for a name, and the name is a hash: what it answers is checked.
        file.manifest.check()?;
        if file.manifest.file_id() != id {
            return Err(Error::NoSuchFile(id));
        }
        Ok(file)
    }

    /// The records of all fragments of a file, each in its place and of the fragment that the
    /// manifest has there: a chain that leaves one out hides a loss.
    pub(crate) async fn records(
        &self,
        id: FileId,
        manifest: &Manifest,
    ) -> Result<Vec<FragmentRecord>, Error> {
        let records = self.chain.fragments(id).await?;
        if records.is_empty() {
            // It ended since its manifest was read.
            return Err(Error::NoSuchFile(id));
        }
        let fits = |(slot, record): (Slot, &FragmentRecord)| {
            let fragment = manifest.fragment(slot);
            record.info.index == slot.index(&manifest.profile)
                && record.info.file == id
                && fragment.is_ok_and(|fragment| fragment == record.info.fragment)
        };
        if records.len() as u64 != manifest.fragment_count()
            || !manifest.slots().zip(&records).all(fits)
        {
            return Err(ChainError::Protocol { asked: "fragments" }.into());
        }
        Ok(records)
    }
}
