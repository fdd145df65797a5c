//! Conformance suites and doubles for tests.
