#pragma once

#include <cstddef>
#include <cstdint>

// A segment is a database of SQLite:
//
//   head     name of a number and the number: `first` (sequence of row 0), and once it is sealed
//            `rows`, `oldest` and `newest` (starts, Unix ns)
//   name     texts by kind and number: destinations as `tenant/name`, event types
//   block    up to kBlockRows rows each, by the number of the first
//   detail   what is kept of single attempts, by row; as PutDetail writes it. Behind what every
//            version wrote follow facts (PutFacts), of which there may be none
//   list     rows by what they have in common; only of a sealed segment
//   hash     rows by the hash of their event id, of their position, in pages; the same
namespace carillon::deliverylog {

inline constexpr int kApplicationId = 0x43724C6C;  // "CrLl"
inline constexpr int kFormatVersion = 1;

inline constexpr const char* kSchema = R"(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  BEGIN;
  CREATE TABLE head(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE name(kind INTEGER, number INTEGER, text TEXT NOT NULL, PRIMARY KEY(kind, number))
    WITHOUT ROWID;
  CREATE UNIQUE INDEX name_text ON name(kind, text);
  CREATE TABLE block(row INTEGER PRIMARY KEY, data BLOB NOT NULL);
  CREATE TABLE detail(row INTEGER PRIMARY KEY, data BLOB NOT NULL);
  CREATE TABLE list(key INTEGER PRIMARY KEY, rows BLOB NOT NULL);
  CREATE TABLE hash(key INTEGER PRIMARY KEY, rows BLOB NOT NULL);
)";

/// Kinds of names, and of lists of what has the name. Tenants have numbers of their own.
enum class NameKind : uint8_t { kTenant = 0, kDestination = 1, kEventType = 2 };
inline constexpr size_t kNameKinds = 3;

/// Lists by outcome leave out success, those by state what is delivered: nearly all rows are.
enum class ListKind : uint8_t {
  kTenant = 0,
  kDestination = 1,
  kEventType = 2,
  kOutcome = 3,
  kState = 4,
};
inline constexpr int64_t ListKey(ListKind kind, uint32_t value) {
  return static_cast<int64_t>(kind) << 40 | value;
}

enum class HashKind : uint8_t { kEventId = 0, kPosition = 1 };
inline constexpr size_t kHashPage = 256;
/// Of a page that begins with `hash`, the n-th such (many rows may have one event id).
inline constexpr int64_t HashKey(HashKind kind, uint32_t hash, uint32_t n) {
  return static_cast<int64_t>(kind) << 60 | static_cast<int64_t>(hash) << 24 | n;
}
inline constexpr uint32_t kMaxSameHash = (1u << 24) - 1;
inline constexpr uint32_t HashOfKey(int64_t key) { return static_cast<uint32_t>(key >> 24); }
inline constexpr int64_t KindOfKey(int64_t key) { return key >> 60; }

}  // namespace carillon::deliverylog
