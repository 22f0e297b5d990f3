#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace carillon::journal {

/// What a look at a store that nobody runs has found, for people to read: a sentence a line.
struct StoreReport {
  std::vector<std::string> facts;
  /// Of `VerifyStore`: damage. Of `SalvageStore`: what was dropped. The first hundred; a last line
  /// tells how many more there are.
  std::vector<std::string> findings;
};

/// Reads all of a store and changes nothing, also on a disk that cannot be written: its files and
/// the write-ahead file, pages, events, attempts, parked deliveries, positions. Errors: NOT_FOUND
/// there is no store; FAILED_PRECONDITION a process has it open; UNAVAILABLE, PERMISSION_DENIED it
/// cannot be read.
absl::StatusOr<StoreReport> VerifyStore(const std::string& data_dir);

/// Copies what can be read of a store into a new one in the folder `to`, which is made, and must be
/// absent or empty; the original stays as it is. Positions, destinations, what is parked or dead,
/// cursors, health and the ids of events are kept. Positions whose events are lost stay empty and
/// are never given again. The new store has been opened once when this returns. Errors: as above;
/// ALREADY_EXISTS `to` is not empty; DATA_LOSS nothing can be read; RESOURCE_EXHAUSTED no room.
absl::StatusOr<StoreReport> SalvageStore(const std::string& data_dir, const std::string& to);

}  // namespace carillon::journal
