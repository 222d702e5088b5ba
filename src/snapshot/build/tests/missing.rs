//! Which interfaces share a segment.

use super::*;
