//! What every incoming fragment must be before it is stored.

use cess_client::{Chain, NodeError, TaggedSegment, Upload};
use cess_ledger::DealId;
use cess_merkle::content::Outboard;
use cess_podr2::{Fragment, Tags, check_fragment};

use crate::Node;

/// The most bytes of the tags of all siblings. At the default block size they take 20 kB, at the
/// smallest 2.4 MB for fragments of 8 MiB.
const MAX_TAGS_LEN: u64 = 32 << 20;

/// A fragment that is what its name says, tagged under a key that is known here.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) fragment: Fragment,
    upload: Upload,
    outboard: Outboard,
}

impl<C: Chain> Node<C> {
    /// Checks all but the tags. The fragment's siblings, at most `max_siblings`, may differ from
    /// it in their content alone.
    pub(crate) async fn admit(
        &self,
        upload: Upload,
        max_siblings: usize,
    ) -> Result<Admitted, NodeError> {
        let siblings = &upload.siblings.0;
        let len = siblings.iter().map(|(_, tags)| tags.as_bytes().len() as u64).sum::<u64>();
        if siblings.len() > max_siblings || len > MAX_TAGS_LEN {
            return Err(NodeError::BadRequest("tags of too many siblings"));
        }
        let (fragment, _) = *upload.siblings.find(&upload.name).ok_or(NodeError::WrongTags)?;
        if !self.store.has_key(&fragment.key_id()).await? {
            return Err(NodeError::KeyMissing);
        }
        let key = self.proving_key(&fragment.key_id()).await?;
        // The name binds neither the sectors nor anything of a sibling.
        let alike = |(other, tags): &(Fragment, Tags)| {
            other.key_id() == key.key_id()
                && other.sectors() == key.sectors()
                && other.len() == fragment.len()
                && other.replica() == fragment.replica()
                && tags.len() == other.blocks()
        };
        if !siblings.iter().all(alike) {
            return Err(NodeError::WrongTags);
        }
        if upload.bytes.len() as u64 != fragment.len() {
            return Err(NodeError::WrongContent);
        }
        let outboard = Outboard::new(&upload.bytes);
        if outboard.root() != fragment.root() {
            return Err(NodeError::WrongContent);
        }
        Ok(Admitted { fragment, upload, outboard })
    }

    /// Checks the tags of one fragment against its bytes.
    pub(crate) async fn check_one(&self, admitted: &Admitted) -> Result<(), NodeError> {
        let fragment = &admitted.fragment;
        let (public, proving) = (
            self.public_key(&fragment.key_id()).await?,
            self.proving_key(&fragment.key_id()).await?,
        );
        let tags = tags_of(&admitted.upload.siblings, fragment).ok_or(NodeError::WrongTags)?;
        check_fragment(&public, &proving, fragment, tags, &admitted.upload.bytes)
            .map_err(|_| NodeError::WrongTags)
    }

    /// What is stored under the name, if it is whole; its lock is held.
    pub(crate) async fn stored(
        &self,
        admitted: &Admitted,
    ) -> Result<Option<(Option<DealId>, TaggedSegment)>, NodeError> {
        let name = &admitted.upload.name;
        if !self.store.has(name).await? {
            return Ok(None);
        }
        match self.store.tags(name).await {
            Ok(stored) => Ok(Some(stored)),
            Err(NodeError::NotFound | NodeError::Damaged) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores a fragment; its lock is held. Over another version of its tags only after checking
    /// its own: nobody displaces right tags by wrong ones. Bytes are written again in any case,
    /// since the disk may have changed them.
    pub(crate) async fn store(
        &self,
        admitted: Admitted,
        deal: Option<DealId>,
        stored: Option<(Option<DealId>, TaggedSegment)>,
    ) -> Result<(), NodeError> {
        let mut siblings = None;
        let mut latest = deal;
        if let Some((earlier, kept)) = stored {
            let fragment = &admitted.fragment;
            // Deals are numbered in the order in which their deadlines come.
            latest = latest.max(earlier);
            if tags_of(&kept, fragment) == tags_of(&admitted.upload.siblings, fragment) {
                siblings = Some(kept);
            } else {
                self.check_one(&admitted).await?;
            }
        }
        let Admitted { upload: Upload { name, bytes, siblings: sent }, outboard, .. } = admitted;
        let siblings = siblings.as_ref().unwrap_or(&sent);
        let existed = self.store.has(&name).await?;
        let written = self.store.put(&name, latest, siblings, outboard.to_bytes(), bytes).await;
        if written.is_err() && !existed {
            // The first error tells more; what stays is garbage.
            let _cleared = self.store.delete(&name).await;
        }
        written
    }
}

fn tags_of<'a>(siblings: &'a TaggedSegment, fragment: &Fragment) -> Option<&'a Tags> {
    let found = siblings.find(&fragment.name()).filter(|(found, _)| found == fragment);
    found.map(|(_, tags)| tags)
}
