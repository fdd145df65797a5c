//! The hand-over, explored to the end: every order in which four members of a pool vote, certify and
//! learn of the boundaries of two rounds, with lost and late messages, and two conflicting boundaries a
//! round. What a member does with a certificate is what `Follower::advance` does.
#![allow(missing_docs)]
#![allow(dead_code, reason = "support is shared")]

#[path = "support/world.rs"]
mod world;

use cess_consensus::{Boundary, CandidateId, Follower, Role, Voter, Voters};
use stateright::{Checker as _, Model, Property};

use world::{CHAIN, certify, id, number, registration};

const MEMBERS: usize = 4;

/// The boundaries that there may be: two of round 1, and two of round 2 after each of these.
const BOUNDARIES: usize = 6;

/// Where a member is: at genesis, or at one of the boundaries.
const PLACES: usize = 1 + BOUNDARIES;

fn round_of(boundary: usize) -> u64 {
    if boundary < 2 { 1 } else { 2 }
}

/// The place that a boundary follows.
fn parent_of(boundary: usize) -> usize {
    if boundary < 2 { 0 } else { 1 + (boundary - 2) / 2 }
}

/// Where each follower at each place goes when each set of members signed each boundary.
type Table = Vec<[[Option<usize>; 1 << MEMBERS]; BOUNDARIES]>;

fn voters(role: Role, round: u64, members: impl Iterator<Item = usize>) -> Voters {
    let voter = |at: usize| {
        let registration = registration(at as u64, 0);
        Voter { id: registration.id, key: registration.vote, weight: 1 }
    };
    Voters::new(role, round, members.map(voter).collect()).expect("a set")
}

fn table() -> Table {
    let pool = |round| voters(Role::Pool, round, 0..MEMBERS);
    // Each of two conflicting boundaries hands over to another committee.
    let committee =
        |boundary: usize| voters(Role::Committee, round_of(boundary), boundary..boundary + 3);
    let first = voters(Role::Committee, 0, 0..3);
    let genesis = Boundary {
        chain: CHAIN,
        round: 0,
        height: 10,
        parent: [0; 32],
        seed: [1; 32],
        committee: first.digest(),
        pool: pool(1).digest(),
        state_root: [0; 32],
    };
    let mut places = vec![Follower::new(genesis, first, pool(1), 100).expect("its sets")];
    let mut boundaries: Vec<Boundary> = Vec::new();
    for boundary in 0..BOUNDARIES {
        let parent = match parent_of(boundary) {
            0 => genesis,
            place => boundaries[place - 1],
        };
        let round = round_of(boundary);
        boundaries.push(Boundary {
            round,
            height: parent.height + 10,
            parent: parent.digest(),
            committee: committee(boundary).digest(),
            pool: pool(round + 1).digest(),
            state_root: [u8::try_from(boundary).expect("six"); 32],
            ..genesis
        });
        places.push(
            Follower::new(boundaries[boundary], committee(boundary), pool(round + 1), 100)
                .expect("its sets"),
        );
    }
    let go = |place: &Follower, boundary: usize, signed: usize| {
        if signed == 0 {
            return None;
        }
        let round = round_of(boundary);
        let signs = |who: &CandidateId| signed >> number(who) & 1 == 1;
        let certificate = certify(&pool(round), boundaries[boundary].vote(&pool(round)), signs);
        let (next, committee) = (boundaries[boundary], committee(boundary));
        let mut follower = place.clone();
        let moved = follower.advance(next, &certificate, committee, pool(round + 1), round);
        moved.ok().map(|()| {
            assert_eq!(follower, places[1 + boundary]);
            1 + boundary
        })
    };
    places
        .iter()
        .map(|place| {
            core::array::from_fn(|boundary| {
                core::array::from_fn(|signed| go(place, boundary, signed))
            })
        })
        .collect()
}

struct HandOver {
    /// The last members are Byzantine.
    byzantine: usize,
    table: Table,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// Who voted for each boundary, a bit a member.
    votes: [u8; BOUNDARIES],
    /// Where each honest member is.
    place: [u8; MEMBERS],
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Vote {
        member: usize,
        boundary: usize,
    },
    /// A member gets a certificate made of the votes so far.
    Deliver {
        member: usize,
        boundary: usize,
    },
}

impl HandOver {
    fn honest(&self) -> std::ops::Range<usize> {
        0..MEMBERS - self.byzantine
    }

    /// Honest members vote once a round, for a boundary that follows where they are.
    fn may_vote(&self, state: &State, member: usize, boundary: usize) -> bool {
        let voted = |other: usize| state.votes[other] >> member & 1 == 1;
        if voted(boundary) {
            return false;
        }
        if !self.honest().contains(&member) {
            return true;
        }
        let again = (0..BOUNDARIES).any(|b| round_of(b) == round_of(boundary) && voted(b));
        !again && usize::from(state.place[member]) == parent_of(boundary)
    }

    fn delivered(&self, state: &State, member: usize, boundary: usize) -> Option<usize> {
        let place = usize::from(state.place[member]);
        self.table[place][boundary][usize::from(state.votes[boundary])]
    }
}

impl Model for HandOver {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State { votes: [0; BOUNDARIES], place: [0; MEMBERS] }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for boundary in 0..BOUNDARIES {
            for member in 0..MEMBERS {
                if self.may_vote(state, member, boundary) {
                    actions.push(Action::Vote { member, boundary });
                }
            }
            for member in self.honest() {
                if self.delivered(state, member, boundary).is_some() {
                    actions.push(Action::Deliver { member, boundary });
                }
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Vote { member, boundary } => next.votes[boundary] |= 1 << member,
            Action::Deliver { member, boundary } => {
                let place = self.delivered(state, member, boundary)?;
                next.place[member] = u8::try_from(place).expect("seven");
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one committee a round", |model: &Self, state: &State| {
                let places: Vec<usize> =
                    model.honest().map(|member| usize::from(state.place[member])).collect();
                // Whoever is a round ahead came through the place of whoever is behind.
                let through = |place: usize, round: u64| match place {
                    0 => None,
                    place if round_of(place - 1) == round => Some(place),
                    place if round == 1 => Some(parent_of(place - 1)).filter(|p| *p > 0),
                    _ => None,
                };
                [1, 2].into_iter().all(|round| {
                    let mut there: Vec<usize> =
                        places.iter().filter_map(|place| through(*place, round)).collect();
                    there.sort_unstable();
                    there.dedup();
                    there.len() <= 1
                })
            }),
            Property::always(
                "nobody is handed over without a quorum",
                |_: &Self, state: &State| {
                    state.place.iter().all(|place| {
                        let place = usize::from(*place);
                        place == 0 || state.votes[place - 1].count_ones() >= 3
                    })
                },
            ),
            Property::sometimes("the second round is reached", |_: &Self, state: &State| {
                state.place.iter().any(|place| usize::from(*place) > 2)
            }),
            Property::sometimes("one is behind", |_: &Self, state: &State| {
                state.place[0] == 0 && usize::from(state.place[1]) > 2
            }),
        ]
    }
}

#[test]
fn with_one_of_four_byzantine_there_is_one_committee_a_round() {
    let checker = HandOver { byzantine: 1, table: table() }.checker().spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done() && checker.unique_state_count() > 1000, "it was explored");
}

#[test]
fn with_two_of_four_byzantine_the_model_finds_two_committees() {
    let checker = HandOver { byzantine: 2, table: table() }.checker().spawn_bfs().join();
    let path = checker.assert_any_discovery("one committee a round");
    assert!(!path.into_actions().is_empty());
    assert_eq!(id(1).0[7], 1);
}
