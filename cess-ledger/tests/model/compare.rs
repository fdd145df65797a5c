//! The ledger's state beside the naive model's: every figure that both have.

use std::{collections::BTreeSet, fmt::Debug};

use cess_ledger::{
    Account, DealId, DealStatus, Error, Event, FragmentStatus, OrderId, State, TagKey,
};

use crate::naive::{Model, Name, No, Stage};

#[track_caller]
fn same<T: PartialEq + Debug>(what: impl Debug, ledger: T, model: T) {
    assert_eq!(ledger, model, "{what:?}: the ledger's on the left, the model's on the right");
}

/// A call is taken by both or refused by both, for a reason that the model has too.
pub(crate) fn verdict(ledger: &Result<Vec<Event>, Error>, model: &[No], call: &dyn Debug) {
    match ledger {
        Ok(_) => assert!(model.is_empty(), "taken, the model objects {model:?}: {call:?}"),
        Err(error) => {
            let name = name_of(error);
            assert!(model.contains(&name.as_str()), "{error:?}, the model: {model:?}: {call:?}");
        }
    }
}

pub(crate) fn name_of(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

pub(crate) fn states(ledger: &State, model: &Model, supply: u128) {
    same("height", ledger.height(), model.height);
    same("time", ledger.time(), model.time);
    same("treasury", ledger.treasury(), model.treasury);
    same("supply", supply, model.supply());
    same("price", ledger.price(), model.price());
    same("window", ledger.next_window(), model.next_window);
    for (id, account) in &model.accounts {
        let Account { balance, nonce } = ledger.account(id);
        same(id, (balance, nonce), (account.balance, account.nonce));
    }
    for (id, key) in &model.keys {
        let Some(TagKey { holder, stake, fragments, retired, .. }) = ledger.tag_key(id) else {
            panic!("the ledger has no tag key {id:?}");
        };
        let live = model.pieces.iter().filter(|piece| piece.info.tag_key() == *id).count();
        same("tag key", (*holder, *stake, *retired), (key.holder, key.stake, key.retired));
        same("live under a tag key", *fragments, u64::try_from(live).unwrap());
    }
    miners(ledger, model);
    deals(ledger, model);
    files(ledger, model);
    audits(ledger, model);
    let drawn = |model: &Model| {
        model.deals.iter().any(|deal| deal.stage == Stage::Opened && deal.seed.is_none())
            || model.orders.values().any(|o| o.claim.as_ref().is_some_and(|c| c.seed.is_none()))
            || model.audits.values().any(|audit| audit.wants_beacon())
    };
    same("beacon", ledger.wants_beacon(), drawn(model));
}

fn miners(ledger: &State, model: &Model) {
    same("miners", ledger.miners().count(), model.miners.len());
    for (id, miner) in ledger.miners() {
        let twin = &model.miners[id];
        same((id, "status"), miner.status, twin.status);
        same((id, "collateral"), miner.collateral, twin.collateral);
        same((id, "misses"), miner.misses, twin.misses);
        let windows = (miner.windows.start, miner.windows.closed, miner.windows.link.to_bytes());
        same((id, "windows"), windows, (twin.since, twin.windows, twin.link));
        same((id, "space"), (miner.capacity, miner.used), (twin.capacity, model.used(id)));
        let held: Vec<Name> = model.held(id).iter().map(|piece| piece.name).collect();
        same((id, "holding"), ledger.holding(id).copied().collect(), held);
        same((id, "owed"), ledger.owed(id).collect(), twin.owed.iter().collect::<Vec<_>>());
        same((id, "rewards"), ledger.reward_bytes(id), model.reward_bytes(id));
    }
}

fn deals(ledger: &State, model: &Model) {
    let count = u64::try_from(model.deals.len()).unwrap();
    assert!(ledger.deal(DealId(count)).is_none());
    for (number, twin) in (0u64..).zip(&model.deals) {
        let Some(deal) = ledger.deal(DealId(number)) else { panic!("no deal {number}") };
        let status = match twin.stage {
            Stage::Opened => DealStatus::Opened,
            Stage::Closed(file) => {
                let awaited = |p: &&&crate::naive::Piece| p.status == FragmentStatus::Awaiting;
                let missing = model.pieces_of(&file).iter().filter(awaited).count();
                DealStatus::Closed { file, missing: u32::try_from(missing).unwrap() }
            }
            Stage::Active(file) => DealStatus::Active { file },
            Stage::Expired => DealStatus::Expired,
        };
        same((number, "status"), deal.status, status);
        same((number, "owner"), deal.owner, twin.owner);
        same((number, "tokens"), (deal.price, deal.hold), (twin.price, twin.hold));
        same((number, "deadline"), deal.deadline, twin.deadline);
        same((number, "seed"), deal.seed, twin.seed);
        same((number, "candidates"), &deal.candidates, &twin.candidates);
    }
}

fn files(ledger: &State, model: &Model) {
    for (id, twin) in &model.files {
        let Some(file) = ledger.file(id) else { panic!("the ledger has no file {id}") };
        same((id, "owner"), file.owner, twin.owner);
        same((id, "stored"), file.stored, model.stored(id));
        same((id, "escrow"), file.escrow, model.escrow(id));
        same((id, "access"), (file.epoch, &file.access), (twin.epoch, &twin.access));
        let terms: Vec<_> = file.terms.iter().map(|t| (t.start, t.end, t.fee)).collect();
        same((id, "terms"), terms, twin.terms.iter().map(|t| (t.start, t.end, t.fee)).collect());
        same((id, "fragments"), ledger.file_fragments(id).len(), model.pieces_of(id).len());
    }
    let gone = model.deals.iter().filter_map(|deal| match deal.stage {
        Stage::Active(file) | Stage::Closed(file) => Some(file),
        Stage::Opened | Stage::Expired => None,
    });
    for file in gone.filter(|file| !model.files.contains_key(file)) {
        assert!(ledger.file(&file).is_none(), "the model has no file {file}");
    }
    for piece in &model.pieces {
        let Some(record) = ledger.fragment(&piece.name) else { panic!("no {:?}", piece.info) };
        let which = (piece.info.file, piece.info.index);
        same(which, &record.info, &piece.info);
        same((which, "miner"), record.miner, piece.miner);
        same((which, "status"), record.status, piece.status);
        same((which, "proven"), record.proven, piece.proven);
        same((which, "order"), record.order.map(|id| id.0), model.order_of(&piece.name));
    }
    same("orders", ledger.orders().count(), model.orders.len());
    for (id, twin) in &model.orders {
        let Some(order) = ledger.order(OrderId(*id)) else { panic!("no order {id}") };
        same((id, "name"), order.info.name(), twin.name);
        same((id, "bounty"), (order.from, order.bounty), (twin.from, twin.bounty));
        let claim = order.claim.as_ref().map(|c| (c.by, c.deadline, c.height, c.seed));
        let other = twin.claim.as_ref().map(|c| (c.by, c.deadline, c.height, c.seed));
        same((id, "claim"), claim, other);
    }
}

fn audits(ledger: &State, model: &Model) {
    for id in model.miners.keys() {
        let (Some(audit), Some(twin)) = (ledger.audit(id), model.audits.get(id)) else {
            same((id, "audited"), ledger.audit(id).is_some(), model.audits.contains_key(id));
            continue;
        };
        same((id, "round"), (audit.round, audit.height), (twin.round, twin.height));
        same((id, "deadline"), audit.deadline, twin.deadline);
        same((id, "opened"), audit.opened, twin.opened);
        same((id, "asked"), &audit.asked, &twin.asked);
        let steps = (audit.narrowing, audit.answered);
        same((id, "step"), steps, (twin.narrowing, twin.answered));
        let at = |at: usize| u32::try_from(at).unwrap();
        let targets = audit.targets.iter().map(|t| (t.start, t.end, t.challenge, t.proven));
        let parts = twin.parts.iter().map(|p| (at(p.start), at(p.end), p.challenge, p.proven));
        same((id, "targets"), targets.collect::<Vec<_>>(), parts.collect());
        let bad = audit.bad.iter().map(|at| audit.asked[usize::try_from(*at).unwrap()].name());
        same((id, "bad"), &bad.collect::<BTreeSet<_>>(), &twin.bad);
        for target in ledger.audit_targets(id) {
            let part = &twin.parts[usize::try_from(target.target).unwrap()];
            same((id, "fragments"), &target.fragments[..], &twin.asked[part.start..part.end]);
        }
    }
}
