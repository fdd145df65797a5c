//! Bytes as choices: blocks of calls by a few known keys, valid and not, applied to the ledger and
//! to the naive model, which must agree after every block.
#![no_main]
#![allow(dead_code, reason = "shared with the tests")]

#[path = "../../tests/model/calls.rs"]
mod calls;
#[path = "../../tests/model/compare.rs"]
mod compare;
#[path = "../../tests/model/driver.rs"]
mod driver;
#[path = "../../tests/model/naive.rs"]
mod naive;
#[path = "../../tests/rules/world.rs"]
mod world;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;

thread_local! {
    static STAGE: RefCell<driver::Stage> = RefCell::new(driver::Stage::new());
}

fuzz_target!(|data: &[u8]| {
    STAGE.with_borrow_mut(|stage| stage.play(data));
});
