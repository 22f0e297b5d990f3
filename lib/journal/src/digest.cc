#include "digest.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "carillon/base/crc32.h"

namespace carillon::journal {
namespace {

constexpr size_t kMaxRows = 100'000;
constexpr size_t kMaxBytes = 16 << 20;

void AddTo(uint32_t& sum, std::string_view bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  sum = base::Crc32({reinterpret_cast<const char*>(&size), sizeof(size)}, sum);
  sum = base::Crc32(bytes, sum);
}

absl::Status AddTable(sqlite::Database& database, const std::string& name, uint32_t& sum) {
  absl::StatusOr<sqlite::Statement> rows =
      database.Prepare(absl::StrCat("SELECT * FROM \"", name, "\""));
  if (!rows.ok()) return rows.status();
  const int columns = rows->Columns();
  size_t bytes = 0;
  for (size_t n = 0; n < kMaxRows && bytes < kMaxBytes; ++n) {
    const absl::StatusOr<bool> row = rows->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    for (int i = 0; i < columns; ++i) {
      const std::string_view value = rows->Null(i) ? "null" : rows->Blob(i);
      bytes += value.size();
      AddTo(sum, value);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint32_t> DigestOfSmallTables(sqlite::Database& database) {
  absl::StatusOr<sqlite::Statement> tables = database.Prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%' AND "
      "name NOT IN ('journal', 'attempt_log', 'ids') ORDER BY name");
  if (!tables.ok()) return tables.status();
  uint32_t sum = 0;
  while (true) {
    const absl::StatusOr<bool> row = tables->Step();
    if (!row.ok()) return row.status();
    if (!*row) return sum;
    const std::string name(tables->Blob(0));
    AddTo(sum, name);
    if (absl::Status status = AddTable(database, name, sum); !status.ok()) return status;
  }
}

}  // namespace carillon::journal
