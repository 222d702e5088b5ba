//! Independent work on many items, on as many threads as there are processors.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Asked once: on Linux every answer is read from the files of the control group.
static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// The result of `work` for each item, in the order of the items whatever the threads do. A panic of `work` goes on in the caller.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = (*PROCESSORS).min(items.len());
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    // Each takes the next item that nobody has: items differ in size.
    let take = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        items.get(index).map(|item| (index, item))
    };
    let share = || {
        let mut done = Vec::new();
        while let Some((index, item)) = take() {
            done.push((index, work(item)));
        }
        done
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(share)).collect();
        let own = share();
        let others = others.into_iter().flat_map(|o| o.join().unwrap_or_else(|p| resume_unwind(p)));
        others.chain(own).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Frees what is large and done with beside the work that goes on; at once, where there is no thread to be had.
pub(crate) fn discard<T: Send + 'static>(done: T) {
    _ = thread::Builder::new().spawn(move || drop(done));
}

/// What several workers remember together. Entries are whole, so one that panicked left nothing half-done behind.
pub(crate) fn lock<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..1_000).collect();
        // The first items take longest.
        let work = |item: &u64| {
            let steps = (0..(1_000 - item) * 50).filter(|step| step % 2 == 1).count();
            (*item, steps)
        };
        assert_eq!(map(&items, work), items.iter().map(work).collect::<Vec<_>>());
        let nothing: Vec<(u64, usize)> = map(&[], work);
        assert!(nothing.is_empty());
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let items: Vec<u32> = (0..100).collect();
        let work = || map(&items, |item| assert!(*item != 7, "item {item}"));
        let panic = std::panic::catch_unwind(work).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("item 7"));
    }
}
