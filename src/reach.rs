//! reach. (Being built.)
