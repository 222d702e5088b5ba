//! What readings mean.
