// The bytes that a store holds are those of golden/formats.txt and golden/schema.sql: who changes
// one of them makes the stores that are out there unreadable. lib/journal/FORMAT.md says how a
// format may change. CARILLON_GOLDEN_WRITE=1 writes the files anew.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "batch_rest.h"
#include "carillon/base/text.h"
#include "carillon/model/disabled_reason.h"
#include "carillon/model/event.h"
#include "carillon/model/outcome.h"
#include "chunk.h"
#include "database_header.h"
#include "digest.h"
#include "due_key.h"
#include "folder_lock.h"
#include "high_water_file.h"
#include "id_hash.h"
#include "lost_chunk.h"
#include "schema.h"

namespace carillon::journal {
namespace {

constexpr HashKey kKey = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::string path = absl::StrCat(CARILLON_GOLDEN_DIR, "/", name);
  if (std::getenv("CARILLON_GOLDEN_WRITE") != nullptr) std::ofstream(path) << actual;
  EXPECT_EQ(ReadAll(path), actual) << "A stored format changed. Stores that are out there have the "
                                      "old one: lib/journal/FORMAT.md "
                                      "says what to do.";
}

std::string Hex(std::string_view bytes) { return absl::BytesToHexString(base::ToAbsl(bytes)); }

std::string Hex(const IdHash& hash) {
  return Hex({reinterpret_cast<const char*>(&hash), sizeof(hash)});
}

model::Event::Parts PlainParts() {
  return {"id-1",
          "order.paid",
          "acme",
          "key-7",
          base::FromUnixNanos(1'700'000'000'123'456'789),
          {{"region", "eu"}, {"empty", ""}},
          R"({"order":17})"};
}

std::string PlainRecord() { return std::string(model::Event::Create(PlainParts())->record()); }

std::string TracedRecord() {
  model::TraceContext trace;
  for (size_t i = 0; i < trace.trace_id.size(); ++i)
    trace.trace_id[i] = static_cast<uint8_t>(i + 1);
  trace.span_id = {8, 7, 6, 5, 4, 3, 2, 1};
  trace.flags = model::TraceContext::kSampled;
  trace.state = "a=1";
  model::Event::Parts parts = PlainParts();
  parts.trace = &trace;
  return std::string(model::Event::Create(parts)->record());
}

/// Two events with a gap of three between them.
std::string ChunkRecords() {
  std::string records;
  PutRecord(records, PlainRecord());
  PutGap(records, 3);
  PutRecord(records, TracedRecord());
  return records;
}

const ChunkHead kHead{11, 5, base::FromUnixNanos(1'700'000'000'000'000'000)};

AttemptChunk Attempts() {
  AttemptChunk chunk;
  AttemptRow row;
  row.position = 0x0102030405060708;
  row.lane = 0x0a0b0c0d;
  row.number = 3;
  row.outcome = model::Outcome::kHttp5xx;
  row.http_status = 503;
  row.started = base::FromUnixNanos(1'700'000'000'000'000'001);
  row.duration_us = 1500;
  chunk.Add(row);
  row.settles = false;
  chunk.Add(row);
  return chunk;
}

std::string Rest() {
  const Parked row{3, Due::At(base::FromUnixNanos(5)),     10, 1,
                   7, {{12, 7}, {11, kMaxGroup}, {300, 0}}};
  std::string bytes;
  EXPECT_TRUE(EncodeRest(row, bytes).ok());
  return bytes;
}

/// Of this run alone: others may run beside it.
std::string MakeFolder() {
  std::string path = testing::TempDir() + "/format-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  return path;
}

std::string MarkFile() {
  const std::string folder = MakeFolder();
  EXPECT_TRUE(HighWaterFile::Open(folder, {IdOfStore(kKey), 42, true, true, 0xdecafbad}).ok());
  const std::string bytes = ReadAll(HighWaterPath(folder));
  std::filesystem::remove_all(folder);
  EXPECT_EQ(bytes.size(), 4096 + 64u);
  return absl::StrCat(Hex(bytes.substr(0, 64)), "\n  ", Hex(bytes.substr(4096)));
}

std::string LockFile() {
  const std::string folder = MakeFolder();
  const absl::StatusOr<FolderLock> lock = FolderLock::Take(folder);
  EXPECT_TRUE(lock.ok());
  const std::string text = ReadAll(LockPath(folder));
  std::filesystem::remove_all(folder);
  return text;
}

std::string Numbers() {
  std::string text;
  for (int i = 0; i < model::kOutcomeCount; ++i) {
    absl::StrAppend(&text, "outcome ", i, " = ",
                    base::ToAbsl(model::OutcomeName(static_cast<model::Outcome>(i))), "\n");
  }
  for (int i = 1; i <= 4; ++i) {
    absl::StrAppend(&text, "disabled ", i, " = ",
                    base::ToAbsl(model::DisabledReasonName(static_cast<model::DisabledReason>(i))),
                    "\n");
  }
  absl::StrAppend(&text, "application_id = ", kApplicationId, "\n");
  absl::StrAppend(&text, "group of a parked row that is held = ", KeyOf(Due::Stuck()),
                  " + group\n");
  absl::StrAppend(&text, "due_ns of a kept row = ", KeyOf(Due::Kept()), "\n");
  return text;
}

uint32_t DigestOfSome() {
  sqlite::Database database = *sqlite::Database::Open(":memory:", nullptr);
  EXPECT_TRUE(
      database.Exec("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'x'), (NULL, X'00ff')").ok());
  return *DigestOfSmallTables(database);
}

TEST(Format, BytesAreThoseOfTheGoldenFile) {
  const std::string records = ChunkRecords();
  const AttemptChunk attempts = Attempts();
  std::string text;
  const auto add = [&text](std::string_view name, const std::string& value) {
    absl::StrAppend(&text, base::ToAbsl(name), ":\n  ", value, "\n");
  };
  add("record of an event, version 1", Hex(PlainRecord()));
  add("record of an event, version 2 (traced)", Hex(TracedRecord()));
  add("journal.records: an event, a gap of three, an event", Hex(records));
  add("journal.crc of it, at 11, five positions", absl::StrCat(ChunkCrc(kHead, records)));
  add("journal.records where a thousand positions were lost", Hex(LostRecords(1000)));
  add("attempt_log.rows: one that settles, one that does not", Hex(attempts.rows));
  add("attempt_log.crc of it", absl::StrCat(BytesCrc(attempts.rows)));
  add("parked.rest of a batch of four", Hex(Rest()));
  add("ids.hashes: tenant acme, id id-1", Hex(HashId(kKey, "acme", "id-1")));
  add("ids.hashes: no id", Hex(HashId(kKey, "acme", "")));
  const StoreId store = IdOfStore(kKey);
  add("id of a store", Hex({store.data(), store.size()}));
  add("carillon.mark, its two slots", MarkFile());
  add("digest of small tables", absl::StrCat(DigestOfSome()));
  add("lock, of a folder without a store", Hex(LockFile()));
  absl::StrAppend(&text, Numbers());
  ExpectGolden("formats.txt", text);
}

TEST(Format, BytesOfTheGoldenFileAreReadBack) {
  const auto plain = model::Event::Parse(PlainRecord());
  const auto traced = model::Event::Parse(TracedRecord());
  ASSERT_TRUE(plain.ok() && traced.ok());
  EXPECT_EQ((*plain)->attributes().size(), 2u);
  EXPECT_FALSE((*plain)->traced());
  EXPECT_EQ((*traced)->trace()->state, "a=1");
  const std::string records = ChunkRecords();
  const auto chunk = ChunkView::Open(kHead, ChunkCrc(kHead, records), records);
  ASSERT_TRUE(chunk.ok());
  ASSERT_EQ(chunk->All()->size(), 2u);
  EXPECT_EQ(chunk->All()->at(1)->position(), 15u);
  const AttemptRow row = GetAttempt(Attempts().rows, 1);
  EXPECT_EQ(row.http_status, 503);
  EXPECT_FALSE(row.settles);
  Parked parked{3, Due::At(base::FromUnixNanos(5)), 10, 1, 7, {}};
  ASSERT_TRUE(DecodeRest(Rest(), parked).ok());
  EXPECT_EQ(parked.rest.at(2).position, 300u);
}

/// What SQLite says of the schema after so many steps.
std::string SchemaAfter(size_t steps) {
  sqlite::Database database = *sqlite::Database::Open(":memory:", nullptr);
  EXPECT_TRUE(Migrate(database, SchemaSteps().first(steps)).ok());
  absl::StatusOr<sqlite::Statement> rows =
      database.Prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  std::string text = absl::StrCat("-- version ", steps, "\n");
  while (*rows->Step()) absl::StrAppend(&text, base::ToAbsl(rows->Blob(0)), ";\n");
  return text;
}

TEST(Format, TheSchemaOfEachVersionIsThatOfTheGoldenFile) {
  std::string text;
  for (size_t steps = 1; steps <= SchemaSteps().size(); ++steps) text += SchemaAfter(steps);
  ExpectGolden("schema.sql", text);
}

}  // namespace
}  // namespace carillon::journal
