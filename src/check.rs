//! check. (Being built.)
