#pragma once

namespace carillon::base {

/// Asks the kernel to run the calling thread soon whenever it becomes ready, at the price of being
/// interrupted sooner: for a thread that somebody waits for and that runs briefly, so that threads
/// with more to do at a time do not delay it. Its share of the processor stays the same, and so do
/// its nice value and policy.
///
/// It asks for slices of 100 us, the shortest there are, where others get some 3 ms
/// (sched_setattr(2) with `sched_runtime` for SCHED_OTHER, Linux 6.12 and later). Does nothing
/// where the kernel does not know this, or forbids it.
void AskForShortSlices();

}  // namespace carillon::base
