//! Reads of the state as data, so that they can cross a wire.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    Account, AccountId, Amount, AuditTarget, Deal, DealId, File, FileId, FragmentRecord, Miner,
    Order, OrderId, Params, State, TagKey,
};

/// A question about the state.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[non_exhaustive]
pub enum Query {
    /// The latest block.
    Head,
    /// The genesis parameters.
    Params,
    /// The asking price per stored GiB and day.
    Price,
    /// An account.
    Account(AccountId),
    /// A tag key.
    TagKey([u8; 32]),
    /// A miner.
    Miner(AccountId),
    /// Miners in ascending order, a page at a time.
    Miners {
        /// The last one of the page before.
        after: Option<AccountId>,
        /// The most that are returned, at most [`Query::MAX_PAGE`].
        limit: u32,
    },
    /// A deal.
    Deal(DealId),
    /// A file.
    File(FileId),
    /// The fragments of a file, in order of their index.
    Fragments(FileId),
    /// A live fragment, by its name.
    Fragment([u8; 32]),
    /// The open targets of a miner's audit.
    AuditTargets(AccountId),
    /// The open repair orders of a file.
    Orders(FileId),
    /// A repair order.
    Order(OrderId),
}

impl Query {
    /// The most entries of a page.
    pub const MAX_PAGE: u32 = 1000;
}

/// The latest block, as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// The chain.
    pub chain_id: [u8; 32],
    /// Its height.
    pub height: u64,
    /// Its time, milliseconds.
    pub time: u64,
    /// Its randomness.
    pub randomness: [u8; 32],
}

/// The answer to the query of the same name.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant answers the query of its name")]
pub enum Answer {
    Head(Head),
    Params(Params),
    Price(Amount),
    Account(Account),
    TagKey(Option<TagKey>),
    Miner(Option<Miner>),
    Miners(Vec<(AccountId, Miner)>),
    Deal(Option<Deal>),
    File(Option<File>),
    Fragments(Vec<FragmentRecord>),
    Fragment(Option<FragmentRecord>),
    AuditTargets(Vec<AuditTarget>),
    Orders(Vec<(OrderId, Order)>),
    Order(Option<Order>),
}

impl State {
    /// Answers a query from this state.
    pub fn query(&self, query: &Query) -> Answer {
        match query {
            Query::Head => Answer::Head(self.head()),
            Query::Params => Answer::Params(self.params.clone()),
            Query::Price => Answer::Price(self.price()),
            Query::Account(id) => Answer::Account(self.account(id)),
            Query::TagKey(id) => Answer::TagKey(self.tag_keys.get(id).cloned()),
            Query::Miner(id) => Answer::Miner(self.miners.get(id).cloned()),
            Query::Miners { after, limit } => Answer::Miners(self.page(*after, *limit)),
            Query::Deal(id) => Answer::Deal(self.deals.get(id).cloned()),
            Query::File(id) => Answer::File(self.files.get(id).cloned()),
            Query::Fragments(id) => Answer::Fragments(self.file_fragments(id)),
            Query::Fragment(name) => Answer::Fragment(self.fragments.get(name).cloned()),
            Query::AuditTargets(id) => Answer::AuditTargets(self.audit_targets(id)),
            Query::Orders(id) => {
                let orders = self.orders().filter(|(_, order)| order.info.file == *id);
                Answer::Orders(orders.map(|(number, order)| (number, order.clone())).collect())
            }
            Query::Order(id) => Answer::Order(self.orders.get(id).cloned()),
        }
    }

    /// The latest block.
    pub fn head(&self) -> Head {
        Head {
            chain_id: self.params.chain_id,
            height: self.height,
            time: self.time,
            randomness: self.randomness,
        }
    }

    fn page(&self, after: Option<AccountId>, limit: u32) -> Vec<(AccountId, Miner)> {
        use core::ops::Bound::{Excluded, Unbounded};
        let start = after.map_or(Unbounded, Excluded);
        let limit = usize::try_from(limit.min(Query::MAX_PAGE)).unwrap_or(0);
        let page = self.miners.range((start, Unbounded)).take(limit);
        page.map(|(id, miner)| (*id, miner.clone())).collect()
    }
}
