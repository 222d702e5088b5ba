//! The flow list.
