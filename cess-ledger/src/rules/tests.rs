//! Deadlines without the block that enforces them first: a block's own begin phase closes what is
//! overdue, so the rules' own checks are reached here alone.

use alloc::vec::Vec;

use crate::{
    AccountKey, Audit, Claim, Deal, DealId, DealStatus, Error, FragmentInfo, Manifest, Miner,
    MinerStatus, Order, OrderId, Params, Profile, Segment, State, Target, Visibility,
};

#[test]
fn what_is_overdue_is_refused_even_before_the_begin_phase_closed_it() {
    let by = AccountKey::from_seed(&[1; 32]).account();
    let mut state = State::genesis(Params::example([0; 32]), 1000, []).unwrap();
    let deadline = 1000;
    let refused = Error::TooLate { deadline, now: 1000 };
    let manifest = Manifest {
        version: Manifest::VERSION,
        profile: Profile::CESS,
        visibility: Visibility::Public,
        len: 5,
        salt: [0; 32],
        tag_key: [0; 32],
        sectors: 64,
        commitment: [0; 32],
        segments: [Segment { salt: [0; 16], root: [0; 32], fragments: [[0; 32]; 12].into() }]
            .into(),
        sections: Vec::new(),
    };
    let slot = manifest.slots().next().unwrap();
    let fragment = manifest.fragment(slot).unwrap();
    let info = FragmentInfo { file: manifest.file_id(), index: 0, fragment };
    let miner = Miner {
        capacity: 1,
        used: 0,
        collateral: 0,
        status: MinerStatus::Active,
        misses: 0,
        endpoint: Vec::new(),
        windows: crate::Windows::new(&[0; 32], &by, 0),
    };
    state.miners.insert(by, miner);
    let deal = Deal {
        owner: by,
        profile: Profile::CESS,
        visibility: Visibility::Public,
        max_len: 5,
        term_ms: 1,
        price: 1,
        hold: 0,
        candidates: Vec::new(),
        seed: Some([0; 32]),
        deadline,
        status: DealStatus::Opened,
    };
    state.deals.insert(DealId(0), deal.clone());
    let closing =
        state.check_closing(by, DealId(0), &manifest.to_bytes(), &[], &crate::Access::Public);
    assert_eq!(closing.err(), Some(refused.clone()));

    let status = DealStatus::Closed { file: info.file, missing: 1 };
    state.deals.insert(DealId(0), Deal { status, ..deal });
    let mut events = Vec::new();
    assert_eq!(state.report(by, DealId(0), &[0], &mut events), Err(refused.clone()));

    let holding = cess_podr2::Holding::from_entries([info.fragment.entry()]).unwrap();
    let scope = cess_podr2::Audit { chain_id: [0; 32], round: 1, height: 0, prover: by.0 };
    let challenge =
        cess_podr2::Challenge::new(scope, &holding, cess_podr2::Policy::Every, [0; 32]).unwrap();
    let target = Target { start: 0, end: 1, challenge, proven: None };
    let audit = Audit {
        round: 1,
        height: 0,
        opened: 0,
        asked: [info.clone()].into(),
        targets: [target].into(),
        narrowing: false,
        answered: false,
        proof: None,
        bad: Vec::new(),
        deadline,
    };
    state.audits.insert(by, audit);
    assert_eq!(state.answer(by, 1, 0, None, &mut events), Err(refused.clone()));

    let claim = Some(Claim { by, deadline, height: 0, seed: Some([0; 32]) });
    state.orders.insert(OrderId(0), Order { info, from: by, bounty: 0, claim });
    assert_eq!(state.complete_repair(by, OrderId(0), &[], &mut events), Err(refused));
    assert!(events.is_empty());
}
