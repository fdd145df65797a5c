//! Fails when an encoding or a derivation moves by accident. Layouts: docs/formats/consensus.md. Who
//! changes a format on purpose gives it new domain tags, and then new pins.
#![allow(dead_code, reason = "support is shared")]

#[path = "support/world.rs"]
mod world;

use cess_consensus::vrf::{contribution_input, possession_input, ticket_input};
use cess_consensus::{
    Collectors, Duty, Entry, Evidence, Input, Kind, Policy, Vote, VoteSecret, select,
};
use world::{CHAIN, World, certify, id, params, registration, sign};

fn pin(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_string()
}

#[test]
fn format_pins() {
    let mut world = World::new(20, params());
    let genesis = world.state().to_bytes();
    world.rounds(3);
    world.reveal_all(|at| at != 5);
    world.end_round().unwrap();
    let state = world.state();
    let committee = state.committee().clone();
    let vote = Vote {
        chain: CHAIN,
        kind: Kind::Commit,
        round: state.round(),
        height: 34,
        view: 2,
        voters: committee.digest(),
        value: [8; 32],
    };
    let other = Vote { value: [7; 32], ..vote };
    let checkpoint = world.checkpoint(|_| true);
    let evidence = Evidence::Votes {
        who: id(3),
        first: (vote, sign(3, &vote)),
        second: (other, sign(3, &other)),
    };
    let certificates = Evidence::Certificates {
        first: certify(&committee, vote, |_| true),
        second: certify(&committee, other, |_| true),
    };
    let (owner, candidate, who) = (id(1), id(2), id(3));
    let Input::Ticket { proof, .. } = world.ticket(3) else { unreachable!() };
    let inputs: Vec<u8> = [
        Input::Register(registration(40, 1234)),
        Input::Bond { owner, candidate, amount: u128::MAX - 1 },
        Input::Unbond { owner, candidate, amount: 7 },
        Input::Resume { who },
        Input::Exit { who },
        Input::Report { who, duty: Duty::Audit, done: 3, due: 4 },
        Input::EndRound { height: 99, state_root: [6; 32] },
        Input::Ticket { who, proof },
        Input::Contribution { who, proof },
        Input::Checkpoint(checkpoint.clone()),
        Input::Evidence(evidence.clone()),
    ]
    .iter()
    .flat_map(Input::to_bytes)
    .collect();
    let vrf_inputs = [
        ticket_input(&CHAIN, &[1; 32], 2),
        contribution_input(&CHAIN, &[1; 32], 2),
        possession_input(&CHAIN, &id(3)),
    ]
    .concat();
    let entries: Vec<Entry> = (0..40)
        .map(|at| Entry {
            id: id(at),
            ticket: *blake3::hash(&at.to_le_bytes()).as_bytes(),
            stake: u128::from(at) * 77 + 1,
            credit: u16::try_from(at * 20).unwrap(),
        })
        .collect();
    let drawn: Vec<u8> = [Policy::Uniform, Policy::Weighted, Policy::Ranking]
        .iter()
        .flat_map(|policy| select(*policy, 11, &entries))
        .flat_map(|id| id.0)
        .collect();
    let routes = format!("{:?}", Collectors::new(&[1; 32], 11, 5, 2));

    let got = [
        ("vote", pin(&vote.to_bytes())),
        ("voters", pin(&committee.digest())),
        ("boundary", pin(&state.boundary().to_bytes())),
        ("boundary digest", pin(&state.boundary().digest())),
        ("certificate", pin(&checkpoint.to_bytes())),
        ("votes", pin(&evidence.to_bytes())),
        ("certificates", pin(&certificates.to_bytes())),
        ("inputs", pin(&inputs)),
        ("vrf inputs", pin(&vrf_inputs)),
        ("secret", pin(&VoteSecret::from_seed(&[5; 32]).key().to_bytes())),
        ("draws", pin(&drawn)),
        ("collectors", pin(routes.as_bytes())),
        ("genesis", pin(&genesis)),
        ("state", pin(&state.to_bytes())),
    ];
    let expected = [
        ("vote", "5f0b7b9c6f1beff0f3bfd72ec752f224"),
        ("voters", "b55bf7aac0b4f484556f334d0650cde9"),
        ("boundary", "fdb90787f3a09d5e0a0c850562ff1f60"),
        ("boundary digest", "be7e42c82a8482aa9eb66e6a2832673c"),
        ("certificate", "f79f1bfe2e397073664d0f922d4b0e75"),
        ("votes", "1a3b8c3e3e3a402b928bb35612cb7d81"),
        ("certificates", "108855966bdae609bc1793081bdb7985"),
        ("inputs", "c70e4659a627140308c89523e96ad351"),
        ("vrf inputs", "4edf1ffb09a8b5230afd721214dde795"),
        ("secret", "019f968b51d3c299bda770edcd51c22e"),
        ("draws", "199132e940269c23b269dec86cd31ff8"),
        ("collectors", "3f860330f997cfc6ad4d10b3ce0157ad"),
        ("genesis", "d77a465f449f173f417634abf50f0762"),
        ("state", "44b30afd2369bc1ab2831907131b2aa2"),
    ];
    let got: Vec<(&str, &str)> = got.iter().map(|(name, pin)| (*name, pin.as_str())).collect();
    assert_eq!(got, expected);
}
