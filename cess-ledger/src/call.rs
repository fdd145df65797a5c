//! Calls: what accounts ask of the ledger, signed.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    Access, AccountId, AccountKey, Amount, DealId, Error, FileId, OrderId, Profile, PublicKey,
    Signature, Visibility, domain,
};

/// Version of the PoDR² tag format that keys are registered for.
pub const TAG_FORMAT: u16 = 1;

/// What a call does. The signer is the account that acts.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[non_exhaustive]
pub enum Action {
    /// Moves tokens.
    Transfer {
        /// Receiver.
        to: AccountId,
        /// How much.
        amount: Amount,
    },
    /// Declares a PoDR² tag key. With the full stake the signer is a registered tagger; with none
    /// the key is an owner's own, and what it tags earns nothing but its owner's fees.
    RegisterTagKey {
        /// Version of the tag format, [`TAG_FORMAT`].
        format: u16,
        /// [`cess_podr2::PublicKey`] in bytes.
        key: Vec<u8>,
        /// BLAKE3 of the proving key.
        proving_key_hash: [u8; 32],
        /// Zero, or the tagger's stake.
        stake: Amount,
    },
    /// Takes back the stake of a tag key without live fragments; the key is not usable again.
    RetireTagKey {
        /// Its id.
        key: [u8; 32],
    },
    /// Makes the signer a miner; locks collateral in proportion to the space.
    RegisterMiner {
        /// Declared space, bytes.
        capacity: u64,
        /// Where it is reached; for clients to read, not for the ledger.
        endpoint: Vec<u8>,
    },
    /// Adds collateral; a frozen miner with enough of it is active again.
    TopUp {
        /// How much.
        amount: Amount,
    },
    /// Brings an offline miner back.
    Resume,
    /// Starts to leave: every fragment is handed over by a repair order, then the collateral
    /// returns.
    Exit,
    /// Asks for storage.
    OpenDeal {
        /// How the file is coded.
        profile: Profile,
        /// Public or private.
        visibility: Visibility,
        /// The most bytes the file will have.
        max_len: u64,
        /// How long it is stored, milliseconds.
        term_ms: u64,
        /// Price per stored GiB and day; none takes the asking price.
        bid: Option<Amount>,
    },
    /// Hands in the manifest.
    CloseDeal {
        /// The deal.
        deal: DealId,
        /// [`crate::Manifest`] in bytes.
        manifest: Vec<u8>,
        /// Nodes that did not take fragments, and the segment from which on.
        exclusions: Vec<Exclusion>,
        /// The tag key holder's signature, [`declare_tags`].
        declaration: Signature,
        /// How those with rights get the data key.
        access: Access,
    },
    /// A miner holds these fragments and has checked their tags.
    Report {
        /// The deal.
        deal: DealId,
        /// Indices of the fragments in the file, ascending.
        fragments: Vec<u32>,
    },
    /// Replaces a file's access record.
    SetAccess {
        /// The file.
        file: FileId,
        /// The present epoch plus one.
        epoch: u64,
        /// The new record.
        access: Access,
    },
    /// Answers one target of an audit.
    Answer {
        /// The audit's round.
        round: u64,
        /// The target.
        target: u32,
        /// [`cess_podr2::Proof`] in bytes; none admits that it can't be made.
        proof: Option<Vec<u8>>,
    },
    /// Takes on a repair order.
    ClaimRepair {
        /// The order.
        order: OrderId,
    },
    /// Completes it with a possession proof against the original tags.
    CompleteRepair {
        /// The order.
        order: OrderId,
        /// [`cess_podr2::Proof`] in bytes.
        proof: Vec<u8>,
    },
}

/// A node left out of a deal's placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Exclusion {
    /// The node.
    pub miner: AccountId,
    /// The first segment it gets nothing of.
    pub from_segment: u32,
}

/// An action of one account on one chain, to be taken once.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Call {
    /// The chain.
    pub chain_id: [u8; 32],
    /// Who acts.
    pub signer: PublicKey,
    /// The signer's next nonce.
    pub nonce: u64,
    /// What is done.
    pub action: Action,
}

impl Call {
    /// The digest that is signed.
    pub fn digest(&self) -> [u8; 32] {
        blake3::derive_key(domain::CALL, &borsh::to_vec(self).unwrap_or_default())
    }
}

/// A call with its signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedCall {
    /// The call.
    pub call: Call,
    /// The signer's signature over [`Call::digest`].
    pub signature: Signature,
}

impl SignedCall {
    /// The most bytes of an encoded call that are looked at.
    pub const MAX_LEN: usize = crate::Manifest::MAX_LEN + (1 << 20);

    /// Signs a call.
    pub fn sign(key: &AccountKey, chain_id: [u8; 32], nonce: u64, action: Action) -> Self {
        let call = Call { chain_id, signer: key.public(), nonce, action };
        let signature = key.sign(&call.digest());
        Self { call, signature }
    }

    /// Its one encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        borsh::to_vec(self).unwrap_or_default()
    }

    /// Decodes a call; the signature is checked when the call is applied.
    ///
    /// # Errors
    /// [`Error::BadCall`] for anything but the one encoding of a call.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > Self::MAX_LEN {
            return Err(Error::BadCall);
        }
        Self::try_from_slice(bytes).map_err(|_| Error::BadCall)
    }
}

/// Signs that the holder of tag key `tag_key` made the tags of `file` for `deal`.
///
/// Without it nobody can put a fragment under another's key on the ledger.
pub fn declare_tags(
    key: &AccountKey,
    chain_id: &[u8; 32],
    deal: DealId,
    file: FileId,
    tag_key: &[u8; 32],
) -> Signature {
    key.sign(&declaration_digest(chain_id, deal, file, tag_key))
}

pub(crate) fn declaration_digest(
    chain_id: &[u8; 32],
    deal: DealId,
    file: FileId,
    tag_key: &[u8; 32],
) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(domain::TAG_DECLARATION);
    hasher.update(chain_id).update(&deal.0.to_le_bytes()).update(&file.0).update(tag_key);
    hasher.finalize().into()
}
