#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "file_bytes.h"

namespace carillon::journal {

/// `application_id` of a store of Carillon ("Crln"); 0 in those of earlier versions.
inline constexpr uint32_t kApplicationId = 0x43726c6e;

/// What the first 100 bytes of a database file say
/// (https://www.sqlite.org/fileformat2.html, 1.3 "The Database Header").
struct DatabaseHeader {
  bool is_database = false;  ///< the magic string and a size of pages stand where they should
  uint32_t page_bytes = 0;
  uint32_t pages = 0;  ///< of the whole database, at the time of the last copying; 0: not known
  uint32_t change_counter = 0;
  uint32_t user_version = 0;
  uint32_t application_id = 0;
  uint64_t file_bytes = 0;
};

absl::StatusOr<DatabaseHeader> ReadDatabaseHeader(const FileBytes& file);

}  // namespace carillon::journal
