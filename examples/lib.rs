//! Stories that run.
