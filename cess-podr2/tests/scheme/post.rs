//! Windows in a chain of links.

use cess_podr2::post::{Link, Outcome, ProofHash, Window};
use cess_podr2::{Audit, Challenge, Error, Policy};

use crate::equations::xof;
use crate::world::{World, audit};

fn window(world: &World, round: u64, seed: u8) -> Window {
    let audit = Audit { round, height: 10 * round, ..audit() };
    let challenge = Challenge::new(audit, &world.holding, Policy::AUDIT, [seed; 32]).unwrap();
    Window { challenge, deadline: 1000 * round }
}

#[test]
fn links_are_those_of_the_page() {
    let world = World::new(&[3000, 900]);
    let start = Link::start(&[1; 32], &[2; 32], 77);
    let input: [&[u8]; 3] = [&[1; 32], &[2; 32], &77_u64.to_le_bytes()];
    assert_eq!(start.to_bytes(), xof("cess-podr2 v1 post start", &input));

    let window = window(&world, 9, 5);
    let mut input = start.to_bytes().to_vec();
    input.extend(window.challenge.digest());
    input.extend([1, 24, 0, 0, 0, 0xcb, 1, 0, 0]);
    input.extend(9000_u64.to_le_bytes());
    input.push(0);
    let missed = start.extend(&window, Outcome::Missed);
    assert_eq!(missed.to_bytes(), xof("cess-podr2 v1 post link", &[&input]));

    input.pop();
    input.push(1);
    let hash: [u8; 32] = xof("cess-podr2 v1 post proof", &[b"any bytes"]);
    assert_eq!(ProofHash::of(b"any bytes").to_bytes(), hash);
    input.extend(hash);
    let answered = start.extend(&window, Outcome::Answered(ProofHash::of(b"any bytes")));
    assert_eq!(answered.to_bytes(), xof("cess-podr2 v1 post link", &[&input]));
}

#[test]
fn an_answer_at_the_deadline_is_late() {
    let window = window(&World::new(&[900]), 2, 5);
    let answered = Outcome::Answered(ProofHash::of(&[7; 128]));
    assert_eq!(window.answered(&[7; 128], 1999), Ok(answered));
    for at in [2000, 2001, u64::MAX] {
        let late = Error::Late { deadline: 2000, at };
        assert_eq!(window.answered(&[7; 128], at), Err(late));
    }
}

#[test]
fn every_part_of_a_window_goes_into_its_link() {
    let world = World::new(&[3000, 900]);
    let (start, good) = (Link::start(&[1; 32], &[2; 32], 0), window(&world, 9, 5));
    let answered = Outcome::Answered(ProofHash::of(&[7; 128]));
    let mut links = vec![
        start,
        start.extend(&good, answered),
        start.extend(&good, Outcome::Missed),
        start.extend(&good, Outcome::Answered(ProofHash::of(&[8; 128]))),
        start.extend(&Window { deadline: good.deadline + 1, ..good }, answered),
        start.extend(&window(&world, 9, 6), answered),
        start.extend(&window(&world, 10, 5), answered),
        Link::start(&[1; 32], &[2; 32], 1).extend(&good, answered),
        Link::start(&[1; 32], &[3; 32], 0).extend(&good, answered),
        Link::start(&[3; 32], &[2; 32], 0).extend(&good, answered),
        Link::start(&[2; 32], &[1; 32], 0).extend(&good, answered),
        start.extend(&good, answered).extend(&window(&world, 10, 6), Outcome::Missed),
        start.extend(&window(&world, 10, 6), Outcome::Missed).extend(&good, answered),
    ];
    let len = links.len();
    links.sort_unstable();
    links.dedup();
    assert_eq!(links.len(), len);
}
