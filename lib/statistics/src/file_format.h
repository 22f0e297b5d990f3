#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace carillon::statistics {

// The database. `subject` is who there are statistics of (empty names: of all, of a tenant; of
// several destinations that had one name the newest has the highest number), with
// the last hour in which something was counted; `minute` and `hour` have cells by their start, in
// minutes and hours since the epoch, so that new ones are appended and the oldest are removed from
// the front; `head` says from which start on each of the two has everything.
inline constexpr int64_t kApplicationId = 0x43617253;  // "CarS"
inline constexpr int64_t kFormatVersion = 2;

inline constexpr char kSchema[] = R"(
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE subject(number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, destination TEXT NOT NULL,
  uid TEXT NOT NULL, last_hour INTEGER NOT NULL, UNIQUE(tenant, destination, uid));
CREATE TABLE minute(start INTEGER, subject INTEGER, cell BLOB NOT NULL,
  PRIMARY KEY(start, subject)) WITHOUT ROWID;
CREATE TABLE hour(start INTEGER, subject INTEGER, cell BLOB NOT NULL,
  PRIMARY KEY(start, subject)) WITHOUT ROWID;
CREATE TABLE head(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)";

/// How long cells are. The numbers are indexes.
enum class Length : uint8_t { kMinute, kHour };
inline constexpr size_t kLengths = 2;
inline constexpr std::array<const char*, kLengths> kTables = {"minute", "hour"};
inline constexpr std::array<const char*, kLengths> kKeptFrom = {"minute_kept_from",
                                                                "hour_kept_from"};
inline constexpr std::array<std::chrono::minutes, kLengths> kDurations = {std::chrono::minutes(1),
                                                                          std::chrono::minutes(60)};

}  // namespace carillon::statistics
