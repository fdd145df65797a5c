//! Which views of a picture its sketch has.

use crate::views::COUNT;

/// What part of a picture a view shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// With a border of one colour, or without.
    pub(crate) bordered: bool,
    /// Turned by a quarter divided by this, clockwise if positive; 0 for not at all. The size is
    /// then that of the largest such part without corners, and the share is of that.
    pub(crate) turn: i8,
    /// Where the centre is, in thousandths of half a side.
    pub(crate) centre: [i16; 2],
    /// The share of width and height, in thousandths.
    pub(crate) share: [i16; 2],
}

const fn part(centre: [i16; 2], share: [i16; 2]) -> View {
    View { bordered: false, turn: 0, centre, share }
}

const fn middle(share: i16) -> View {
    part([0, 0], [share, share])
}

const fn turned(turn: i8, share: i16) -> View {
    View { bordered: false, turn, centre: [0, 0], share: [share, share] }
}

/// In the order of the encoding.
pub(crate) const VIEWS: [View; COUNT] = [
    middle(1000),
    View { bordered: true, ..middle(1000) },
    middle(950),
    middle(900),
    middle(850),
    middle(800),
    middle(750),
    part([50, 0], [950, 1000]),
    part([-50, 0], [950, 1000]),
    part([0, 50], [1000, 950]),
    part([0, -50], [1000, 950]),
    part([100, 0], [900, 1000]),
    part([-100, 0], [900, 1000]),
    part([0, 100], [1000, 900]),
    part([0, -100], [1000, 900]),
    turned(30, 1000),
    turned(-30, 1000),
    turned(18, 1000),
    turned(-18, 1000),
    turned(30, 1100),
    turned(-30, 1100),
    turned(18, 1100),
    turned(-18, 1100),
    part([-300, 0], [700, 1000]),
    part([300, 0], [700, 1000]),
    part([0, -300], [1000, 700]),
    part([0, 300], [1000, 700]),
];
