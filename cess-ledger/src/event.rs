//! What happened in a block.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use cess_podr2::Challenge;

use crate::{
    AccountId, Amount, DealId, FileId, OrderId,
    fragment::{read_challenge, write_challenge},
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[non_exhaustive]
pub enum Event {
    /// Tokens moved.
    Transferred {
        /// Sender.
        from: AccountId,
        /// Receiver.
        to: AccountId,
        /// How much.
        amount: Amount,
    },
    /// A tag key was declared.
    TagKeyRegistered {
        /// Its id.
        key: [u8; 32],
        /// Its holder.
        holder: AccountId,
        /// Whether it carries a tagger's stake.
        staked: bool,
    },
    /// A tag key is retired and its stake returned.
    TagKeyRetired {
        /// Its id.
        key: [u8; 32],
    },
    /// A miner's status changed.
    MinerChanged {
        /// The miner.
        miner: AccountId,
        /// Its new status.
        status: crate::MinerStatus,
    },
    /// A deal was opened and its hold taken.
    DealOpened {
        /// The deal.
        deal: DealId,
        /// Held.
        hold: Amount,
        /// Price per stored GiB and day; it never changes.
        price: Amount,
    },
    /// The placement seed of a deal is known.
    DealSeeded {
        /// The deal.
        deal: DealId,
    },
    /// A deal was closed.
    DealClosed {
        /// The deal.
        deal: DealId,
        /// The file.
        file: FileId,
        /// What was held too much and returned.
        returned: Amount,
    },
    /// A deal for a live file extended its term.
    DealExtended {
        /// The deal.
        deal: DealId,
        /// The file.
        file: FileId,
        /// The new end, milliseconds.
        ends_at: u64,
    },
    /// A miner reported fragments.
    Reported {
        /// The deal.
        deal: DealId,
        /// The miner.
        miner: AccountId,
        /// How many.
        fragments: u32,
    },
    /// Every fragment is reported.
    DealActive {
        /// The deal.
        deal: DealId,
        /// The file.
        file: FileId,
    },
    /// A deal missed a deadline: refunded, its fragments dropped.
    DealExpired {
        /// The deal.
        deal: DealId,
        /// Refunded.
        refunded: Amount,
    },
    /// A file's term ended.
    FileEnded {
        /// The file.
        file: FileId,
    },
    /// A file's access record was replaced.
    AccessChanged {
        /// The file.
        file: FileId,
        /// Its new epoch.
        epoch: u64,
    },
    /// A miner's holding is challenged.
    AuditOpened {
        /// The miner.
        miner: AccountId,
        /// The round.
        round: u64,
        /// Fragments in the holding.
        fragments: u32,
        /// Fragments drawn from it.
        drawn: u32,
        /// Fragments that a missed window asked and that are asked again.
        again: u32,
        /// When the answer is due, milliseconds.
        deadline: u64,
    },
    /// A miner's window is over; what follows only narrows it.
    WindowClosed {
        /// The miner.
        miner: AccountId,
        /// What the window asked, with its round.
        #[borsh(serialize_with = "write_challenge", deserialize_with = "read_challenge")]
        challenge: Challenge,
        /// The first moment that was too late, milliseconds.
        deadline: u64,
        /// The hash of the proof that came, right or wrong, [`cess_podr2::post::ProofHash`]; none if none
        /// came in time.
        proof: Option<[u8; 32]>,
        /// The miner's link from here on, [`crate::Windows::link`].
        link: [u8; 32],
    },
    /// Failed targets were split; each part is challenged anew.
    AuditNarrowed {
        /// The miner.
        miner: AccountId,
        /// The round.
        round: u64,
        /// Targets now open.
        targets: u32,
    },
    /// An audit ended.
    AuditConcluded {
        /// The miner.
        miner: AccountId,
        /// The round.
        round: u64,
        /// How.
        verdict: Verdict,
    },
    /// Collateral was cut.
    Cut {
        /// The miner.
        miner: AccountId,
        /// How much.
        amount: Amount,
    },
    /// A repair order was opened.
    RepairOpened {
        /// The order.
        order: OrderId,
        /// The file.
        file: FileId,
        /// The fragment's index in it.
        index: u32,
        /// The miner that had it.
        from: AccountId,
        /// What completing it pays.
        bounty: Amount,
    },
    /// A miner claimed a repair order.
    RepairClaimed {
        /// The order.
        order: OrderId,
        /// The miner.
        by: AccountId,
    },
    /// The challenge for a claimed order is drawn.
    RepairSeeded {
        /// The order.
        order: OrderId,
    },
    /// A claim ran out; the order is open again.
    RepairReopened {
        /// The order.
        order: OrderId,
    },
    /// A repair was proven and paid.
    RepairCompleted {
        /// The order.
        order: OrderId,
        /// The miner that holds the fragment now.
        by: AccountId,
        /// Paid.
        bounty: Amount,
    },
}

/// How an audit ended.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Verdict {
    /// Everything challenged was proven.
    Passed,
    /// These fragments were not proven.
    Failed {
        /// File and index of each, in the holding's order.
        bad: Vec<(FileId, u32)>,
    },
    /// Nothing was answered.
    Missed,
}
