#include "database_header.h"

#include <cstring>

namespace carillon::journal {

absl::StatusOr<DatabaseHeader> ReadDatabaseHeader(const FileBytes& file) {
  constexpr char kMagic[16] = "SQLite format 3";
  char bytes[100];
  const absl::StatusOr<size_t> read = file.Read(0, bytes, sizeof(bytes));
  if (!read.ok()) return read.status();
  DatabaseHeader header;
  header.file_bytes = file.size();
  const uint32_t size = Big16(bytes + 16);
  header.page_bytes = size == 1 ? 65536 : size;
  const bool power_of_two =
      header.page_bytes >= 512 && (header.page_bytes & (header.page_bytes - 1)) == 0;
  header.is_database =
      *read == sizeof(bytes) && power_of_two && std::memcmp(bytes, kMagic, sizeof(kMagic)) == 0;
  header.change_counter = Big32(bytes + 24);
  header.pages = Big32(bytes + 92) == header.change_counter ? Big32(bytes + 28) : 0;
  header.user_version = Big32(bytes + 60);
  header.application_id = Big32(bytes + 68);
  return header;
}

}  // namespace carillon::journal
