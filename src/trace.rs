//! trace. (Being built.)
