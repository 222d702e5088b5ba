//! packetset. (Being built.)
