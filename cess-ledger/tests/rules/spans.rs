//! What the chain keeps of a miner's windows: a span is rebuilt from its events and calls alone, and a
//! window that is left out, moved, or answered too late is seen.

use cess_ledger::{Action, Error, Event, Sampling, Windows};
use cess_podr2::{
    Drawn, Proof,
    post::{Answer, Link, Outcome, ProofHash, Span, Verdict, Window},
};

use crate::world::{Who, World, params};

/// A window as the chain shows it: what the event says, and the proof of the call that answered.
struct Shown {
    window: Window,
    proof: Option<Vec<u8>>,
    link: [u8; 32],
    /// What the challenge draws, from the fragments on record.
    drawn: Drawn,
    /// The proof that would have held.
    good: Vec<u8>,
}

impl Shown {
    fn outcome(&self) -> Outcome {
        let answered = |proof: &Vec<u8>| Outcome::Answered(ProofHash::of(proof));
        self.proof.as_ref().map_or(Outcome::Missed, answered)
    }
}

fn closed(events: &[Event], who: Who) -> Option<(Window, Option<[u8; 32]>, [u8; 32])> {
    let mut found = events.iter().filter_map(|event| match event {
        Event::WindowClosed { miner, challenge, deadline, proof, link } if *miner == who.id() => {
            let window = Window { challenge: *challenge, deadline: *deadline };
            Some((window, *proof, *link))
        }
        _ => None,
    });
    let first = found.next();
    assert!(found.next().is_none(), "a window closes once");
    first
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Answers,
    /// With a proof of another window.
    Lies,
    /// Says that it has nothing.
    Admits,
    Sleeps,
    /// Answers when it is over.
    Late,
}

fn play(world: &mut World, who: Who, does: Does, old: &[u8]) -> Shown {
    let mut events = world.window();
    let target = world.state.audit_targets(&who.id()).swap_remove(0);
    let honest = world.answer_action(who.id(), &target);
    let Action::Answer { round, target: number, proof: Some(good) } = honest.clone() else {
        panic!("a proof can be made")
    };
    let answer = |proof: Option<Vec<u8>>| Action::Answer { round, target: number, proof };
    let proof = match does {
        Does::Answers => Some(good.clone()),
        Does::Lies => Some(old.to_vec()),
        Does::Admits | Does::Sleeps | Does::Late => None,
    };
    if matches!(does, Does::Sleeps | Does::Late) {
        events = world.wait(target.deadline - world.state.time());
        if does == Does::Late {
            // Over is over: the audit is closed before any call of the block at the deadline.
            let late = world.call(who, honest);
            assert_eq!(late, Err(Error::NoSuchAudit { round }));
        }
    } else {
        events.extend(world.ok(who, answer(proof.clone())));
        while world.state.audit(&who.id()).is_some() {
            let narrowed: Vec<_> = world.state.audit_targets(&who.id());
            for target in narrowed {
                let action = world.answer_action(who.id(), &target);
                events.extend(world.ok(who, action));
            }
            events.extend(world.wait(1));
        }
    }
    let (window, hash, link) = closed(&events, who).expect("the window closed");
    assert_eq!((window.challenge, window.deadline), (target.challenge, target.deadline));
    assert_eq!(hash, proof.as_ref().map(|proof| ProofHash::of(proof).to_bytes()));
    let entries = target.fragments.iter().map(|info| info.fragment.entry());
    let drawn = Drawn::listed(&target.challenge, entries).unwrap();
    Shown { window, proof, link, drawn, good }
}

fn windows(world: &World, who: Who) -> Windows {
    world.state.miner(&who.id()).unwrap().windows
}

#[test]
fn a_span_is_rebuilt_from_what_the_chain_shows() {
    let mut params = params();
    params.audit.sampling = Sampling::Window { windows: 4, samples: 20 };
    params.audit.max_misses = 9;
    let mut world = World::with(3, params);
    for salt in 0..6 {
        world.store(5000, salt);
    }
    let who = Who::Miner(0);
    let before = windows(&world, who);
    assert_eq!(before.closed, 0);
    let chain_id = world.state.params().chain_id;
    let start = Link::start(&chain_id, &who.id().0, before.start);
    assert_eq!(before.link, start);

    let script = [
        Does::Answers,
        Does::Sleeps,
        Does::Answers,
        Does::Lies,
        Does::Late,
        Does::Admits,
        Does::Answers,
    ];
    let mut span: Vec<Shown> = Vec::new();
    for does in script {
        let old = span.first().and_then(|shown| shown.proof.clone()).unwrap_or_default();
        span.push(play(&mut world, who, does, &old));
    }
    let after = windows(&world, who);
    assert_eq!(after.closed, script.len() as u64);

    let fold = |shown: &[&Shown]| {
        shown.iter().fold(start, |link, shown| link.extend(&shown.window, shown.outcome()))
    };
    let whole: Vec<&Shown> = span.iter().collect();
    for (shown, upto) in span.iter().zip(1..) {
        assert_eq!(fold(&whole[..upto]).to_bytes(), shown.link, "each link is in its event");
    }
    assert_eq!(fold(&whole), after.link);

    // Anyone judges it, from the links before and after, the windows, and the proofs of the calls.
    let mut judged = Span::new(start);
    for shown in &span {
        judged.push(shown.window, shown.outcome()).unwrap();
    }
    let late = |does: &Does, shown: &Shown| match does {
        Does::Late => Some(shown.good.clone()),
        _ => shown.proof.clone(),
    };
    let proofs: Vec<Option<Proof>> = (script.iter().zip(&span))
        .map(|(does, shown)| late(does, shown).map(|proof| Proof::from_bytes(&proof).unwrap()))
        .collect();
    let answers: Vec<Option<Answer<'_, Drawn>>> = (proofs.iter().zip(&span))
        .map(|(proof, shown)| Some(Answer { fragments: &shown.drawn, proof: proof.as_ref()? }))
        .collect();
    let public = world.secrets[&Who::Owner].public();
    let verdicts = judged.verify(&start, &after.link, &answers, |_| Some(&public)).unwrap();
    let expected = script.map(|does| match does {
        Does::Answers => Verdict::Proven,
        Does::Lies => Verdict::Refused(cess_podr2::Error::Proof),
        Does::Admits | Does::Sleeps => Verdict::Missed,
        Does::Late => Verdict::Late,
    });
    assert_eq!(verdicts, expected);

    for left_out in 0..whole.len() {
        let mut others = whole.clone();
        others.remove(left_out);
        assert_ne!(fold(&others), after.link, "window {left_out} is missing");
    }
    for at in 1..whole.len() {
        let mut moved = whole.clone();
        moved.swap(at - 1, at);
        assert_ne!(fold(&moved), after.link, "windows {at} and the one before are exchanged");
    }
    // A window that was slept through can't be filled in afterwards.
    let missed = &span[1];
    let late = Outcome::Answered(ProofHash::of(&[0; 128]));
    let filled = span.iter().fold(start, |link, shown| {
        let outcome = if shown.link == missed.link { late } else { shown.outcome() };
        link.extend(&shown.window, outcome)
    });
    assert_ne!(filled, after.link);
    let at = missed.window.deadline;
    assert!(missed.window.answered(&[0; 128], at).is_err());
    // Rounds rise, so a window that was never opened shows as a gap.
    assert!(span.is_sorted_by_key(|shown| shown.window.challenge.audit().round));
}

#[test]
fn narrowing_is_no_window_and_a_new_registration_begins_anew() {
    let mut world = World::new(3);
    let file = world.store(5000, 1);
    let (name, who) = world.names(file)[0];
    world.wiped.insert((who.id(), name));
    world.audit_all();
    assert_eq!(windows(&world, who).closed, 1, "whatever it took to name the fragment");

    let before = windows(&world, who);
    world.ok(who, Action::Exit);
    world.wait(1);
    let gone = world.status_name(who) == cess_ledger::MinerStatus::Gone;
    assert!(gone, "it had nothing else");
    assert_eq!(windows(&world, who), before, "what it did stays on record");
    world.wait(1000);
    world.ok(who, crate::world::register(1 << 30));
    let anew = windows(&world, who);
    assert_eq!((anew.start, anew.closed), (world.state.time(), 0));
    assert!(anew.start > before.start && anew.link != before.link);
}
